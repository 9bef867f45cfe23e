genlang check tests/cli/wrong.gen --format json
