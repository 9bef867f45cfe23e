genlang dist
