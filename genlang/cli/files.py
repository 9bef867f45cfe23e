"""Model files that commands rewrite: read exactly, written whole, compared by lines."""

import os
import shutil
from difflib import unified_diff
from pathlib import Path

from genlang.diagnostics import Diagnostic, OptionError


def read(path: Path) -> str:
    """Return a text with its line ends as they are; raises OptionError (E906)."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"{path} is not UTF-8 text: {error.reason} at byte {error.start}"
        raise OptionError([Diagnostic("E906", message)]) from None


def write(path: Path, text: str) -> None:
    """Write aside and rename, so that no moment sees half a model; a link stays a link."""
    place = path.resolve()
    aside = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        aside.write_text(text, encoding="utf-8", newline="\n")
        shutil.copymode(place, aside)
        aside.replace(place)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise OptionError([Diagnostic("E906", message)]) from None
    finally:
        aside.unlink(missing_ok=True)


def difference(before: str, after: str, name: str) -> str:
    """Return the unified difference of two texts of one file."""
    return "".join(unified_diff(_lines(before), _lines(after), name, name))


def _lines(text: str) -> list[str]:
    """Lines as `diff` and `patch` take them."""
    *whole, rest = text.split("\n")
    end = [f"{rest}\n\\ No newline at end of file\n"] if rest else []
    return [*(f"{line}\n" for line in whole), *end]
