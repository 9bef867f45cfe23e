genlang fmt --format json tests/errors/braces.gen
