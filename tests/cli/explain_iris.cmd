genlang explain models/iris/iris.gen
