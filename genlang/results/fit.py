"""A fit: draws or a point with their coordinates, kept in a self-contained folder.

    fit.json           how it was made, sizes and labels, checksums of the other files
    model.gen          the model's text
    program.py         the program that ran
    draws.safetensors  one array a variable, [draws, ...]
    data.safetensors   the arrays that the model was bound to

The folder is written aside and renamed, so an interrupted write leaves nothing half-made. Reading
it needs no torch.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genlang.data.table import Table
from genlang.diagnostics import Diagnostic, OptionError
from genlang.results.coordinates import Axis

FORMAT = 1
Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Estimate:
    """The draws of one variable, [draws, ...], with the axes after the first."""

    role: str
    axes: tuple[Axis, ...]
    draws: Array


@dataclass(frozen=True, slots=True)
class Fit:
    """The result of a method on a model with its data."""

    name: str
    text: str
    program: str
    table: Table
    method: str
    options: Mapping[str, Any]
    seed: int
    point: bool
    facts: Mapping[str, float]
    faults: tuple[str, ...]
    estimates: Mapping[str, Estimate]
    notes: tuple[str, ...] = field(default=())

    def __getitem__(self, name: str) -> Any:
        """Return a variable as an xarray, dims (chain, draw, *its dims), labels as coordinates.

        Raises OptionError (E901) for an unknown name.
        """
        import xarray

        found = self.estimate(name)
        dims = ("chain", "draw", *(a.dim for a in found.axes))
        coords = {a.dim: list(a.labels) for a in found.axes}
        return xarray.DataArray(found.draws[None], dims=dims, coords=coords, name=name)

    def estimate(self, name: str) -> Estimate:
        """Return the draws of a variable; raises OptionError (E901) for an unknown name."""
        if name not in self.estimates:
            known = ", ".join(self.estimates) or "none"
            message = f"the fit has no variable `{name}`; it has {known}"
            raise OptionError([Diagnostic("E901", message)])
        return self.estimates[name]

    def summary(self) -> dict[str, Any]:
        """Return means, standard deviations and quantiles of every cell, and the facts."""
        from genlang.results.summary import summary

        return summary(self)

    def states(self, name: str | None = None, kind: str = "marginals") -> Any:
        """Return the posterior of a summed-out latent; see `results.states`."""
        from genlang.results.states import states

        return states(self, name, kind)

    def imputed(self, name: str) -> Any:
        """Return draws of the missing cells of an observed name; see `results.imputed`."""
        from genlang.results.imputed import imputed

        return imputed(self, name)

    def save(self, folder: str | Path) -> None:
        """Write the folder; an older fit there is replaced, anything else is left alone.

        Raises OptionError (E902) where the place holds something that is not a fit.
        """
        place = Path(folder)
        if place.exists() and not (place / "fit.json").exists() and any(place.iterdir()):
            message = f"{place} exists and is not a fit"
            raise OptionError([Diagnostic("E902", message, help="choose another folder")])
        place.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
        try:
            self._write(aside)
            old = None
            if place.exists():
                old = aside.with_name(aside.name + "-old")
                place.rename(old)
            aside.rename(place)
            if old is not None:
                shutil.rmtree(old)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise

    def _write(self, folder: Path) -> None:
        from safetensors.numpy import save_file

        draws = {n: np.ascontiguousarray(e.draws) for n, e in self.estimates.items()}
        data = {n: np.ascontiguousarray(a) for n, a in self.table.arrays.items()}
        lengths = {
            f"lengths of {n}": np.ascontiguousarray(a) for n, a in self.table.lengths.items()
        }
        seen = {f"seen of {n}": np.ascontiguousarray(a) for n, a in self.table.seen.items()}
        (folder / "model.gen").write_text(self.text, encoding="utf-8")
        (folder / "program.py").write_text(self.program, encoding="utf-8")
        save_file(draws, folder / "draws.safetensors")
        save_file({**data, **lengths, **seen}, folder / "data.safetensors")
        sums = {p.name: _checksum(p) for p in sorted(folder.iterdir())}
        about = {
            "format": FORMAT,
            "name": self.name,
            "method": self.method,
            "options": dict(self.options),
            "seed": self.seed,
            "point": self.point,
            "facts": dict(self.facts),
            "faults": list(self.faults),
            "notes": list(self.notes),
            "sizes": dict(self.table.sizes),
            "labels": {n: list(v) for n, v in self.table.labels.items()},
            "missing": sorted(self.table.missing),
            "variables": {
                n: {"role": e.role, "axes": [[a.dim, list(a.labels)] for a in e.axes]}
                for n, e in self.estimates.items()
            },
            "sha256": sums,
        }
        with (folder / "fit.json").open("w", encoding="utf-8") as file:
            json.dump(about, file, indent=1, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def open_fit(folder: str | Path) -> Fit:
    """Read a fit; raises OptionError (E903) where the folder holds none, or a damaged one."""
    from safetensors.numpy import load_file

    place = Path(folder)
    if not (place / "fit.json").is_file():
        message = f"{place} holds no fit"
        raise OptionError(
            [Diagnostic("E903", message, help="`genlang fit MODEL -o FOLDER` makes one")]
        )
    try:
        about = json.loads((place / "fit.json").read_text(encoding="utf-8"))
        for name, checksum in about["sha256"].items():
            if _checksum(place / name) != checksum:
                message = f"{place / name} is damaged: its checksum differs"
                raise OptionError([Diagnostic("E903", message)])
        stored = load_file(place / "data.safetensors")
        draws = load_file(place / "draws.safetensors")
        lengths, seen = (
            {n.removeprefix(mark): a for n, a in stored.items() if n.startswith(mark)}
            for mark in ("lengths of ", "seen of ")
        )
        arrays = {n: a for n, a in stored.items() if " of " not in n}
        labels = {n: tuple(v) for n, v in about["labels"].items()}
        missing = frozenset(about["missing"])
        table = Table(about["sizes"], lengths, arrays, labels, (), missing, seen)
        estimates = {
            n: Estimate(v["role"], tuple(Axis(d, tuple(x)) for d, x in v["axes"]), draws[n])
            for n, v in about["variables"].items()
        }
        return Fit(
            about["name"],
            (place / "model.gen").read_text(encoding="utf-8"),
            (place / "program.py").read_text(encoding="utf-8"),
            table,
            about["method"],
            about["options"],
            about["seed"],
            about["point"],
            about["facts"],
            tuple(about["faults"]),
            estimates,
            tuple(about["notes"]),
        )
    except (OSError, KeyError, ValueError, TypeError) as error:
        message = f"{place} is not a complete fit: {type(error).__name__} {error}"
        raise OptionError([Diagnostic("E903", message)]) from None
