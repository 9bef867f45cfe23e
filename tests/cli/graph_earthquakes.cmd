genlang graph models/earthquakes/earthquakes.gen
