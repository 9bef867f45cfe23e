"""Where model files and their data are: a path, or a bundled model by its name."""

from pathlib import Path

from genlang.diagnostics import Diagnostic, OptionError, suggest


def bundled() -> Path:
    """Return the folder of the bundled models: in the wheel, or beside the package."""
    package = Path(__file__).parent
    shipped = package / "_models"
    return shipped if shipped.is_dir() else package.parent / "models"


def find(path: str | Path) -> Path:
    """Return the file of a path or of a bundled model's name; raises OptionError (E906)."""
    place = Path(path)
    if place.is_file():
        return place
    named = bundled() / str(path) / f"{path}.gen"
    if place.suffix == "" and named.is_file():
        return named
    names = sorted(p.name for p in bundled().iterdir() if p.is_dir()) if bundled().is_dir() else []
    message = f"there is no model file {path}"
    edit = suggest(str(path), names) or f"bundled models: {', '.join(names)}"
    raise OptionError([Diagnostic("E906", message, help=edit)])


def beside(path: Path) -> Path | None:
    """Return the data file of the same name beside a model file, None where there is none."""
    found = (path.with_suffix(s) for s in (".csv", ".tsv", ".json", ".npz"))
    return next((p for p in found if p.is_file()), None)
