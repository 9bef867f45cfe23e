genlang dist Gamma --format json
