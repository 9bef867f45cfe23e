genlang states tests/cli/none
