"""What emitted programs import: reductions over states, exact distributions, functions."""
