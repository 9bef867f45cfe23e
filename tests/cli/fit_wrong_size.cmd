genlang fit models/nile/nile.gen --set years=4 --set year=x
