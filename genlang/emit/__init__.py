"""Plan -> Python text."""
