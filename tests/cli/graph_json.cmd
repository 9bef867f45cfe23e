genlang graph models/nile/nile.gen --format json
