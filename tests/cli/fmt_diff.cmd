genlang fmt --diff tests/format/long_sum.gen
