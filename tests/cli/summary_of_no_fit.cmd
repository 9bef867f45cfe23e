genlang summary tests/cli
