genlang compile tests/cli/missing.gen --missing z
