genlang fit models/nile/nile.gen --method map --draws 5
