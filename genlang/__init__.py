"""genlang: a small language for probabilistic models, compiled to readable Pyro programs.

    model = genlang.load("iris")           # or genlang.model(text)
    bound = model.bind({"y": [1.2, 0.3]})  # every fault of the data at once
    fit = model.fit(seed=1)
    fit.summary()
    genlang.format(text)                   # in its canonical layout, as `genlang fmt` writes it

Nothing here imports torch before it is needed.
"""

from typing import Any

__version__ = "0.1.0"
__all__ = [
    "DataError",
    "GenlangError",
    "ModelError",
    "OptionError",
    "format",
    "load",
    "model",
    "open_fit",
]

_PLACES = {
    "model": "genlang.api",
    "load": "genlang.api",
    "open_fit": "genlang.results.fit",
    "format": "genlang.syntax.format",
    "DataError": "genlang.diagnostics",
    "GenlangError": "genlang.diagnostics",
    "ModelError": "genlang.diagnostics",
    "OptionError": "genlang.diagnostics",
}


def __getattr__(name: str) -> Any:
    """Import a part of the face at its first use."""
    if name not in _PLACES:
        message = f"module genlang has no attribute {name}"
        raise AttributeError(message)
    from importlib import import_module

    return getattr(import_module(_PLACES[name]), name)
