"""Densities and the methods that fit them."""
