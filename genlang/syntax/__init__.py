"""Text -> AST; the only place that imports lark."""
