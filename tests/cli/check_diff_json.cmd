genlang check --diff tests/cli/wrong_signs.gen --format json
