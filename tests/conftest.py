"""Options of the test suite."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update` writes what is found where a test compares with an expected file."""
    parser.addoption("--update", action="store_true", help="rewrite the expected files")


@pytest.fixture
def float64():
    """Run in float64, from a fixed seed."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(1)
    yield
    torch.set_default_dtype(before)
