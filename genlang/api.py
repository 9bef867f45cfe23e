"""The Python face: a model, a model bound to data, and what they can do.

Importing this module loads neither numpy nor torch; the methods that bind and compute do.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genlang.diagnostics import DataError, Diagnostic, OptionError, suggest
from genlang.files import beside, find
from genlang.pipeline import Compiled, compile_text, specialized
from genlang.plan.cost import Known, fixed, over_budget
from genlang.plan.guide import fittable
from genlang.plan.missing import drawn_cells
from genlang.plan.weights import too_heavy

if TYPE_CHECKING:
    from genlang.data.table import Table
    from genlang.infer.density import Density
    from genlang.infer.method import Method
    from genlang.plan.explain import Explanation
    from genlang.results.fit import Fit
    from genlang.runtime.load import Program

METHODS = ("auto", "exact", "svi", "map")
Report = Callable[[str], None]


def model(text: str, name: str = "model.gen", *, allow_python: bool = False) -> "Model":
    """Compile a text; raises ModelError. `allow_python`: its networks may be Python code."""
    return Model(compile_text(text, name, python=allow_python), None)


def load(path: str | Path, *, allow_python: bool = False) -> "Model":
    """Compile a model file, or a bundled model by its name (`iris`); `allow_python` as in `model`.

    Raises ModelError for a faulty model and OptionError (E906) where there is no such file.
    """
    place = find(path)
    try:
        text = place.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        message = f"{place} is not UTF-8 text: {error.reason} at byte {error.start}"
        raise OptionError([Diagnostic("E906", message)]) from None
    return Model(compile_text(text, str(place), python=allow_python), place)


@dataclass(frozen=True)
class Model:
    """A compiled model; `path` is its file, if it came from one."""

    compiled: Compiled
    path: Path | None

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return Path(self.compiled.model.source.name).stem

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Warnings."""
        return self.compiled.diagnostics

    def to_python(self, data: Any = None, *, missing: Iterable[str] = (), **sizes: int) -> str:
        """Return the Pyro program that `fit` runs.

        The text depends on which observed names have missing cells: those of `data`, and the names
        in `missing`. Raises ModelError (E706) where such a cell cannot be unknown.
        """
        return self._specialized(data, missing, sizes)[0].text

    def explain(
        self, data: Any = None, *, latex: bool = False, missing: Iterable[str] = (), **sizes: int
    ) -> str:
        """Return in words what each variable is, how latents are summed out, and what that costs.

        With `data` (and `sizes`) in numbers; with `latex` only the likelihood, as LaTeX. `missing`
        as for `to_python`.
        """
        from genlang.plan.mathematics import marginal_likelihood
        from genlang.results.explanation import show

        compiled, known = self._specialized(data, missing, sizes)
        if latex:
            return marginal_likelihood(compiled.plan, latex=True) + "\n"
        return show(compiled.plan, known)

    def explanation(
        self, data: Any = None, *, missing: Iterable[str] = (), **sizes: int
    ) -> "Explanation":
        """Return what `explain` shows as a dataclass: variables, steps, remarks, formulas."""
        from genlang.plan.explain import explain

        compiled, known = self._specialized(data, missing, sizes)
        return explain(compiled.plan, known)

    def graph(
        self, data: Any = None, *, to: str = "mermaid", missing: Iterable[str] = (),
        lets: bool = True,
    ) -> str:  # fmt: skip
        """Return the model as a picture: `svg`, `mermaid`, `dot`, or the graph itself as `json`.

        `data` and `missing` as for `to_python`; without `lets` their readers read what they read.
        Raises OptionError (E924) for another form.
        """
        from genlang.graph.graph import graph
        from genlang.graph.write import written

        plan = self._specialized(data, missing, {})[0].plan
        return written(graph(self.compiled.model, plan, self.name, lets=lets), to)

    def _specialized(
        self, data: Any, missing: Iterable[str], sizes: Mapping[str, int]
    ) -> tuple[Compiled, Known]:
        """The model compiled for these data, and what is known of sizes."""
        names = frozenset(missing)
        observed = [v.name for v in drawn_cells(self.compiled.model)]
        wrong = sorted(names - set(observed))
        if wrong:
            edit = f"observed are {', '.join(observed)}" if observed else ""
            raise OptionError([
                Diagnostic("E921", f"`{n}` is not observed, so none of its cells is missing",
                           help=suggest(n, observed) or edit) for n in wrong
            ])  # fmt: skip
        if data is None and not sizes:
            return specialized(self.compiled, names), fixed
        table = self._table(data, sizes, required=False)
        return specialized(self.compiled, names | table.missing), table.greatest

    def bind(self, data: Any = None, **sizes: int) -> "Bound":
        """Match data to the declared names; `sizes` override those of dims (`K=4`).

        `data`: a mapping of arrays, a pandas or polars frame, a path, or several of these; None
        for the data file beside a bundled model. Raises DataError with every fault.
        """
        return Bound(self, self._table(data, sizes, required=True))

    def _table(self, data: Any, sizes: Mapping[str, int], *, required: bool) -> "Table":
        from genlang.data.bind import bind as bind_table

        if data is None:
            data = beside(self.path) if self.path is not None else None
            data = {} if data is None else data
        table = bind_table(self.compiled.model, data, sizes, require_observed=required)
        compiled = specialized(self.compiled, frozenset(table.seen))
        large = over_budget(compiled.plan, table.greatest)
        large = large or too_heavy(compiled.model, table.greatest)
        if large is not None:
            raise DataError([large], self.compiled.model.source)
        return table

    def simulate(self, data: Any = None, seed: int = 1, **sizes: int) -> dict[str, Any]:
        """Draw every unknown and every observed value from the prior; data may lack the latter."""
        table = self._table(data, sizes, required=False)
        return Bound(self, table).simulate(seed)

    def fit(self, data: Any = None, method: str = "auto", seed: int = 1, **options: Any) -> "Fit":
        """Bind data and fit; options are sizes of dims (`K=4`) and fields of the method."""
        dims = {d.name for d in self.compiled.model.dims}
        sizes = {k: v for k, v in options.items() if k in dims}
        rest = {k: v for k, v in options.items() if k not in dims}
        return self.bind(data, **sizes).fit(method, seed, **rest)


@dataclass(frozen=True)
class Bound:
    """A model with its data."""

    model: Model
    table: "Table"

    @cached_property
    def program(self) -> "Program":
        """The executed program: `model` and `joint`, ordinary functions for Pyro."""
        from genlang.runtime.load import load as load_program

        return load_program(self.compiled.text, self.model.name)

    @cached_property
    def compiled(self) -> Compiled:
        """The model compiled for these data: its text knows which names have missing cells."""
        return specialized(self.model.compiled, frozenset(self.table.seen))

    @cached_property
    def _density(self) -> "Density":
        from genlang.infer.density import Density
        from genlang.infer.tensors import namespace, with_nets

        with self._session():
            return Density(self.program.model, with_nets(namespace(self.table), self.program))

    def _session(self, seed: int | None = None) -> AbstractContextManager[None]:
        from genlang.infer.session import session
        from genlang.infer.tensors import cells

        return session(seed, cells(self.table))

    def log_density(self, values: Mapping[str, Any], *, pointwise: bool = False) -> Any:
        """Return the log density of the data and the values, discrete latents summed out.

        `values`: every param and every latent that is not summed out, on its natural scale. All
        constants, no Jacobian; -inf outside a support, and where a distribution has an argument
        outside its domain; networks have the weights they start from. With `pointwise` a dict of
        arrays by observed name: by cell, or by the unit that was summed. Raises OptionError (E91x).
        """
        from genlang.infer.values import given, inside
        from genlang.runtime.guards import watching

        with self._session():
            density = self._density
            found = given(density.sites, values)
            if pointwise:
                return {n: t.numpy().copy() for n, t in density.pointwise(found).items()}
            if not inside(density, found):
                return float("-inf")
            with watching() as outside:
                value = float(density.log_density(found))
            return float("-inf") if outside else value

    def gradient(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the gradient of the log density at values, by name."""
        import torch

        from genlang.infer.values import given

        with self._session():
            found = {n: v.requires_grad_() for n, v in given(self._density.sites, values).items()}
            total = self._density.log_density(found)
            grads: Any = [None] * len(found)
            if total.requires_grad:  # a uniform density depends on nothing
                grads = torch.autograd.grad(total, list(found.values()), allow_unused=True)
            pairs = zip(found.items(), grads, strict=True)
            return {
                n: (torch.zeros_like(v) if g is None else g).detach().numpy() for (n, v), g in pairs
            }

    def _counts(self, values: Mapping[str, Any], kind: str) -> dict[str, Any]:
        from genlang.infer.counts import expected, transitions
        from genlang.infer.values import given

        with self._session():
            found = expected(self._density, given(self._density.sites, values))
            plan = self.compiled.plan
            every = found.values if kind == "counts" else transitions(plan, found)
            return {n: t.numpy() for n, t in every.items()}

    def states(self, values: Mapping[str, Any], kind: str = "marginals") -> dict[str, Any]:
        """Return the posterior of every summed-out latent at values, by name.

        `marginals`: probabilities [*loops, states]; `mode` and one joint draw (`draws`) likewise,
        1 at the state. `means`: expected values [*loops], NaN where there is no cell. `counts`: the
        expected number of cells of each state [states]; `transitions`: that of steps from state to
        state [before, now], of the latents that chains and trees carry.
        """
        from genlang.infer.values import given
        from genlang.results.states import known_kind

        known_kind(kind)
        if kind in ("counts", "transitions"):
            return self._counts(values, kind)
        how = {"marginals": "sum", "means": "sum", "mode": "max", "draws": "draw"}[kind]
        with self._session():
            found = self._density.states(given(self._density.sites, values), how)
            arrays = {n: g.numpy() for n, g in found.items()}
        if kind != "means":
            return arrays
        from genlang.results.states import low_values, means

        lows = low_values(self.compiled.plan, self.table)
        return {n: means(a, lows[n]) for n, a in arrays.items()}

    def simulate(self, seed: int = 1) -> dict[str, Any]:
        """Draw every unknown and every observed value from the prior, as arrays by name."""
        from genlang.infer.simulate import Collector, simulate
        from genlang.infer.tensors import namespace, with_nets

        with self._session(seed):
            drawn = [v for v in self.compiled.model.variables if v.role == "observed"]
            data = with_nets(namespace(self.table, drawn), self.program)
            return simulate(self.program, data, Collector(self.compiled.plan, self.table, data))

    def fit(
        self,
        method: str = "auto",
        seed: int = 1,
        *,
        report: Report = lambda _line: None,
        **options: Any,
    ) -> "Fit":
        """Fit by a method (`auto`, `exact`, `svi`, `map`); `report` takes progress lines.

        Raises OptionError (E907, E908), and ModelError (E290) for networks and guides.
        """
        fittable(self.compiled.model)
        from genlang.results.run import run

        chosen = method_of(method, options)
        with self._session(seed):
            return run(self, chosen, seed, dict(options), report)


def method_of(name: str, options: Mapping[str, Any]) -> "Method":
    """Return a method with its options; raises OptionError (E907, E908)."""
    from genlang.infer.auto import Auto
    from genlang.infer.exact import Exact
    from genlang.infer.map import Map
    from genlang.infer.svi import Svi

    table: dict[str, type[Auto | Exact | Svi | Map]] = {
        "auto": Auto, "exact": Exact, "svi": Svi, "map": Map,
    }  # fmt: skip
    if name not in table:
        edit = suggest(name, table) or f"one of {', '.join(table)}"
        raise OptionError([Diagnostic("E907", f"there is no method `{name}`", help=edit)])
    known = {f.name for f in fields(table[name])}
    wrong = [o for o in options if o not in known]
    if wrong:
        edit = f"it has {', '.join(sorted(known))}"
        raise OptionError(
            [Diagnostic("E908", f"`{name}` has no option `{o}`", help=edit) for o in wrong]
        )
    return table[name](**options)
