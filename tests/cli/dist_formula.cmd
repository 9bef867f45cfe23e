genlang dist Wishart
