"""Functions on tensors as operations of torch, which are traced, batched and differentiated as one.

Registered by the plain interface: the first call of a `torch.library.custom_op` imports
`torch._dynamo`, 0.7 s.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

_LIBRARY = torch.library.Library("genlang", "FRAGMENT")


def operation(
    fake: Callable[..., Any], batched: Callable[[Any], Any] | None = None
) -> Callable[[Callable[..., Any]], Any]:
    """Make a function an operation; `fake` gives the shapes of results, `batched` vmap's rule."""

    def register(function: Callable[..., Any]) -> Any:
        name = function.__name__
        _LIBRARY.define(name + torch.library.infer_schema(function, mutates_args=()))
        _LIBRARY.impl(name, function, "CompositeExplicitAutograd")
        torch.library.register_fake(f"genlang::{name}", fake, lib=_LIBRARY)
        found = getattr(torch.ops.genlang, name)
        rule = _alone if batched is None else batched(found)
        torch.library.register_vmap(f"genlang::{name}", rule, lib=_LIBRARY)
        return found

    return register


class Last(torch.autograd.Function):
    """A derivative that has none of its own: the second one of a sum over chains."""

    generate_vmap_rule = True

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Keep nothing."""
        del ctx, inputs, output

    @staticmethod
    def backward(ctx: Any, *by: Tensor) -> Any:
        """Refuse."""
        del ctx, by
        message = "the third derivative of a sum over chains is not implemented"
        raise NotImplementedError(message)


def _alone(info: Any, dims: Any, *args: Any) -> Any:
    del info, dims, args
    message = "the positions of chains and the parents of trees cannot be batched"
    raise NotImplementedError(message)
