genlang compile models/eight_schools/eight_schools.gen
