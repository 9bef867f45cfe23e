genlang compile models/nile/nile.gen
