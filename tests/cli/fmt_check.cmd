genlang fmt --check models tests/format/matrix.gen tests/format/spaces.gen
