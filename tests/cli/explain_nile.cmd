genlang explain models/nile/nile.gen
