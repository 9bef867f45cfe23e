genlang explain e404
