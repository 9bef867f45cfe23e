genlang explain tests/cli/vae.gen
