genlang compile models/iris/iris.gen
