genlang fmt models none.gen
