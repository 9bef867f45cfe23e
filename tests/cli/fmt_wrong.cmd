genlang fmt tests/errors/braces.gen
