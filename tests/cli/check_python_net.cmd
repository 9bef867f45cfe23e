genlang check tests/errors/net_in_python.gen --allow-python
