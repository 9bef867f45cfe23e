genlang check models/iris/iris.gen --format json
