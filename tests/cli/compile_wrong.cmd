genlang compile tests/cli/wrong.gen
