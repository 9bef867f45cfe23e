"""Sources, labels and binding of a table to the declared names; numpy, never torch."""
