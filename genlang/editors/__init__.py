"""Colours for editors and web pages: a lexer for Pygments, a grammar for TextMate's descendants."""
