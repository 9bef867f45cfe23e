"""Options of the test suite."""

import os

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


@pytest.fixture(scope="session")
def byte_code(tmp_path_factory):
    """An environment in which byte code is kept, as where the package is installed."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp("byte_code"))}
