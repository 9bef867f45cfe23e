"""Options of the test suite."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update` writes what is found where a test compares with an expected file."""
    parser.addoption("--update", action="store_true", help="rewrite the expected files")
