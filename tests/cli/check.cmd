genlang check models/iris/iris.gen
