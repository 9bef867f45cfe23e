genlang fit models/eight_schools/eight_schools.gen --data tests/cli/wrong.csv
