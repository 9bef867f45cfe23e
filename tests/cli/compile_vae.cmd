genlang compile tests/cli/vae.gen
