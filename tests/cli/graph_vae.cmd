genlang graph tests/cli/vae.gen
