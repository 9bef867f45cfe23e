genlang check --diff tests/cli/wrong_signs.gen
