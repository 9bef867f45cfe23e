genlang dist Nromal
