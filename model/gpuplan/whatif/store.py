"""Results that outlive the process: an SQLite file of finished points, each written before the next is waited for.

Write-ahead logging with full synchronisation: what was acknowledged survives the process and the machine being killed.
A point is known by a hash of its edited instance, the options, the versions and the format, so that nothing is taken
for the result of something else.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from gpuplan.errors import InvalidInput, Problem

FORMAT = "gpuplan-store/1"


def key_of(instance_sha256: str, options: Mapping[str, object], versions: Mapping[str, str]) -> str:
    """What a point is known by."""
    import simplejson

    text = simplejson.dumps([FORMAT, instance_sha256, dict(options), dict(versions)], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


class Store:
    """Finished points by key. For one process at a time to write, any number to read."""

    def __init__(self, path: Path) -> None:
        """Open or make the file; raises InvalidInput when it cannot be, or when it is something else."""
        try:
            self._database = sqlite3.connect(path, isolation_level=None, timeout=30.0)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
            self._database.execute("CREATE TABLE IF NOT EXISTS about (format TEXT)")
            self._database.execute("CREATE TABLE IF NOT EXISTS points (key TEXT PRIMARY KEY, result TEXT NOT NULL)")
            found = self._database.execute("SELECT format FROM about").fetchone()
        except sqlite3.Error as error:
            way_out = "Name a file of gpuplan's own, in a folder that exists."
            raise InvalidInput([Problem(f"this store cannot be used: {error}", way_out, file=str(path))]) from None
        if found is None:
            self._database.execute("INSERT INTO about VALUES (?)", (FORMAT,))
        elif found[0] != FORMAT:
            message = f"this store is of the format {found[0]}, not {FORMAT}"
            raise InvalidInput([Problem(message, "Name another file.", file=str(path))])

    def get(self, key: str) -> str | None:
        """The result of a point as JSON; None when there is none yet."""
        found = self._database.execute("SELECT result FROM points WHERE key = ?", (key,)).fetchone()
        return None if found is None else str(found[0])

    def put(self, key: str, result: str) -> None:
        """Keep the result of a point; it is on disk when this returns. A second result of a point changes nothing."""
        self._database.execute("INSERT OR IGNORE INTO points VALUES (?, ?)", (key, result))

    def __len__(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM points").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Store:
        """The store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()
