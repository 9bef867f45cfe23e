"""Chains and trees of states: one elimination for all of them, in kernels and in torch."""

from genlang.runtime.chains.chain import sum_chain, sum_tree

__all__ = ["sum_chain", "sum_tree"]
