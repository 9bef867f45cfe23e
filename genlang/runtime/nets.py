"""Networks of emitted programs: `Mlp`, and modules of the user's own.

Both take tensors with any dims in front, which broadcast, and give the outputs over these dims. A
single output is a tensor; several are the attributes of what is returned, by name.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from genlang.runtime.special import softplus

Shape = Sequence[int]
Output = tuple[str, Shape]
# Real numbers into the type of an output: each onto all of its inside.
LINKS: dict[str, Callable[[Tensor], Tensor]] = {
    "real": lambda x: x,
    "positive": softplus,
    "nonneg": softplus,
    "unit": torch.sigmoid,
    "simplex": lambda x: x.softmax(-1),
}


class Mlp(nn.Module):
    """A multilayer perceptron with ReLU between its layers, linear where it has no hidden ones.

    inputs    the shape of each input; they are laid end to end
    hidden    the sizes of the hidden layers
    outputs   (type, shape) of the output, or of each by name: linear maps of the last layer,
              through softplus (`positive`, `nonneg`), the logistic function (`unit`) or softmax
              over the last dim (`simplex`)

    Weights start as normal draws with variance 2 / inputs of the layer (He et al. 2015, equation
    10), those of the outputs with 1 / inputs, which no ReLU halves; biases start at 0. `seed` alone
    decides the draws: torch's own generator is neither read nor moved.
    """

    def __init__(
        self,
        inputs: Sequence[Shape],
        hidden: Sequence[int],
        outputs: Output | Mapping[str, Output],
        seed: int = 1,
    ) -> None:
        super().__init__()
        self.inputs = [tuple(shape) for shape in inputs]
        self.outputs = outputs
        generator = torch.Generator().manual_seed(seed)
        sizes = [sum(math.prod(shape) for shape in inputs), *hidden]
        self.hidden = nn.ModuleList(
            _linear(a, b, 2, generator) for a, b in zip(sizes, hidden, strict=False)
        )
        every = outputs.values() if isinstance(outputs, Mapping) else [outputs]
        self.heads = nn.ModuleList(
            _linear(sizes[-1], math.prod(shape), 1, generator) for _, shape in every
        )

    def forward(self, *inputs: Tensor) -> Tensor | SimpleNamespace:
        """Return the outputs; each input is [..., *its shape], each output likewise."""
        rows = [_row(x, shape) for x, shape in zip(inputs, self.inputs, strict=True)]
        dims = torch.broadcast_shapes(*(row.shape[:-1] for row in rows))
        x = torch.cat([row.expand(*dims, row.shape[-1]) for row in rows], -1)
        x = x.to(next(self.parameters()).dtype)
        for layer in self.hidden:
            x = layer(x).relu()
        found = [head(x) for head in self.heads]
        if not isinstance(self.outputs, Mapping):
            return _typed(found[0], self.outputs)
        named = zip(self.outputs.items(), found, strict=True)
        return SimpleNamespace(**{name: _typed(x, output) for (name, output), x in named})


def _linear(inputs: int, outputs: int, variance: float, generator: torch.Generator) -> nn.Linear:
    layer = nn.utils.skip_init(nn.Linear, inputs, outputs)
    with torch.no_grad():
        layer.weight.normal_(0.0, math.sqrt(variance / max(inputs, 1)), generator=generator)
        layer.bias.zero_()
    return layer


def _row(x: Tensor, shape: Shape) -> Tensor:
    """An input [..., *shape] as [..., its size]."""
    return x.reshape((*x.shape[: x.dim() - len(shape)], math.prod(shape)))


def _typed(x: Tensor, output: Output) -> Tensor:
    kind, shape = output
    return LINKS[kind](x.reshape((*x.shape[:-1], *shape)))


class Foreign(nn.Module):
    """A `torch.nn.Module` of the user's own, `module:Class`, made without arguments.

    It is called with the inputs, [..., *shape] each, as floats. What it returns is taken as it is:
    a tensor, or an object with the outputs as attributes; their values have to lie in their types.
    `seed` fixes what it draws while it is made. Raises ValueError where a shape does not end as the
    model says, and TypeError where the class is no module.
    """

    def __init__(self, path: str, outputs: Output | Mapping[str, Output], seed: int = 1) -> None:
        super().__init__()
        place, _, name = path.partition(":")
        kind = getattr(import_module(place), name)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            made = kind()
        if not isinstance(made, nn.Module):
            message = f"{path} is no torch.nn.Module"
            raise TypeError(message)
        self.path, self.outputs, self.module = path, outputs, made

    def forward(self, *inputs: Tensor) -> Any:
        """Return what the module gives."""
        found = self.module(*(x.to(torch.get_default_dtype()) for x in inputs))
        if isinstance(self.outputs, Mapping):
            for name, output in self.outputs.items():
                self._check(getattr(found, name), output, f" output {name}")
        else:
            self._check(found, self.outputs, "")
        return found

    def _check(self, x: Tensor, output: Output, what: str) -> None:
        shape = tuple(output[1])
        if tuple(x.shape[x.dim() - len(shape) :]) != shape:
            message = f"{self.path}{what} has shape {tuple(x.shape)}, the model wants {shape} last"
            raise ValueError(message)
