genlang fmt --check --diff --format json tests/format/trailing_commas.gen tests/errors/and_of_numbers.gen
