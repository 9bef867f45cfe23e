genlang fit models/nile/nile.gen --data tests/cli/none.csv
