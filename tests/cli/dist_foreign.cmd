genlang dist dt
