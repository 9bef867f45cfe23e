genlang graph tests/cli/wrong.gen
