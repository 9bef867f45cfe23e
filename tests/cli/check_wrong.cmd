genlang check tests/cli/wrong.gen
