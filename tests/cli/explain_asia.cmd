genlang explain models/asia/asia.gen
