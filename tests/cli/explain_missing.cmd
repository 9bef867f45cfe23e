genlang explain tests/cli/missing.gen --data tests/cli/missing.csv
