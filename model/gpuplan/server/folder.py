"""The one folder whose instances are served: names in, instances out, nothing outside it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from gpuplan.errors import InvalidInput, Problem
from gpuplan.instance.loading import load

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

KINDS = frozenset((".yaml", ".yml", ".json", ".toml"))


class Folder:
    """Instance files of a folder, by name. Folders within it, hidden files and links out of it are not served."""

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()
        self._loading = threading.Lock()
        if not self._path.is_dir():
            raise InvalidInput([Problem(f"there is no folder {path}", "Name the folder that holds the instances.")])

    def names(self) -> list[str]:
        """Of the files that may hold an instance."""
        return sorted(each.name for each in self._path.iterdir() if self._holds(each.name))

    def _holds(self, name: str) -> bool:
        """A visible name in any alphabet, of a file in the folder itself."""
        if not name.isprintable() or name.startswith(".") or name != Path(name).name or Path(name).suffix not in KINDS:
            return False
        path = self._path / name
        return path.is_file() and path.resolve().parent == self._path

    def load(self, name: str) -> Instance:
        """The instance of a name, read anew; raises KeyError when there is none, InvalidInput when it is invalid.

        One is read at a time, so that many requests at once leave room for others.
        """
        if not self._holds(name):
            raise KeyError(name)
        with self._loading:
            return load(self._path / name)
