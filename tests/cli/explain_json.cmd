genlang explain models/nile/nile.gen --format json
