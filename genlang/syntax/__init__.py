"""Text -> AST, and AST -> text."""
