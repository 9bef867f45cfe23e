genlang explain models/eight_schools/eight_schools.gen
