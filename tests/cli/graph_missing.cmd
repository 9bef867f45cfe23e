genlang graph models/asia/asia.gen --to dot --missing smoker --no-lets
