genlang fit tests/cli/vae.gen
