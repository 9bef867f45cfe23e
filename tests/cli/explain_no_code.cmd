genlang explain E440
