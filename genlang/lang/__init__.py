"""The vocabulary: tables of types, functions and distributions."""
