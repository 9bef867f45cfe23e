"""Benchmarks against other programs; run by hand, `python -m tests.benchmarks`."""
