"""AST -> Model: names, types and dims."""
