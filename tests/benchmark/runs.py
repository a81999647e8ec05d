"""One run of one contender on one generated instance: in a process of its own, killed shortly after its time is up."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from gpuplan.generator import Size, generate

GRACE = 15.0
"""Seconds after its time is up for which a process may go on: building, writing and auditing included."""
KILLED = "killed"


@dataclass(frozen=True)
class Run:
    """What came of a run. Money is in the reporting currency."""

    contender: str
    size: str
    seed: int
    cap: float
    """Seconds."""
    threads: int
    instance: str
    """Fingerprint of the instance: another generator makes others of the same size and seed."""
    trace: list[tuple[float, float | None, float | None]]
    """(seconds, incumbent, proven bound) at every change."""
    status: str
    final: dict[str, Any]
    memory_mb: float | None
    """Largest resident memory of the process and all its children together; None where it cannot be read."""
    versions: dict[str, str]

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=1)


def fingerprint(size: Size, seed: int) -> str:
    """Twelve digits that tell an instance from others of its size and seed."""
    return hashlib.sha256(repr(generate(size, seed)).encode()).hexdigest()[:12]


def run(contender: str, size: Size, seed: int, cap: float, threads: int, versions: dict[str, str]) -> Run:
    """Run a contender; whatever it has written by the time it is killed counts."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace"
        program = Path(__file__).with_name("contenders.py")
        command = [sys.executable, str(program), contender, size, str(seed), str(cap), str(threads), str(path)]
        code, memory, said = _watched(command, cap + GRACE)
        lines = _lines(path)
    final: dict[str, Any] = next((line["final"] for line in lines if "final" in line), {})
    trace = [(line["at"], line["value"], line["bound"]) for line in lines if "at" in line]
    status = final.get("status") or (KILLED if code == -signal.SIGKILL else f"failed: {said}")
    return Run(contender, size, seed, cap, threads, fingerprint(size, seed), trace, status, final, memory, versions)


def kept_run(
    folder: Path, contender: str, size: Size, seed: int, cap: float, threads: int, versions: dict[str, str]
) -> Run:
    """A run from its file in a folder, or made now and kept there, in a file that is whole or not there."""
    path = folder / f"{size}-{seed}-{fingerprint(size, seed)}-{contender}-{cap:g}s-{threads}t.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = run(contender, size, seed, cap, threads, versions)
        part = path.with_suffix(".part")
        part.write_text(made.text(), encoding="utf-8")
        part.replace(path)
        print(f"{size} {seed} {contender}, {cap:g} s: {made.status}", flush=True)
    return Run(**json.loads(path.read_text(encoding="utf-8")))


def _lines(path: Path) -> list[dict[str, Any]]:
    """Every whole line of a trace."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.split("\n")[:-1]]


def _watched(command: list[str], most: float) -> tuple[int, float | None, str]:
    """Exit code, largest memory in MB, and the last line of complaint of a process and its children."""
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=complaints, start_new_session=True)
        ends, largest = time.monotonic() + most, 0.0
        try:
            while process.poll() is None and time.monotonic() < ends:
                largest = max(largest, _memory_mb(process.pid))
                time.sleep(0.2)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            code = process.wait()
        complaints.seek(0)
        said = complaints.read().decode(errors="replace").strip().rsplit("\n", 1)[-1]
    return code, largest or None, said


def _memory_mb(root: int) -> float:
    """Resident memory of a process and all below it, in MB; 0 where the system does not tell."""
    parents, pages = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            parents[int(folder.name)] = int(after_name[1])
            pages[int(folder.name)] = int((folder / "statm").read_text().split()[1])
        except (OSError, IndexError, ValueError):
            continue  # it ended meanwhile
    ours = {root}
    while more := {one for one, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(pages.get(one, 0) for one in ours) * os.sysconf("SC_PAGE_SIZE") / 1e6


def versions(root: Path) -> dict[str, str]:
    """Machine and versions."""
    found = {
        "system": platform.platform(),
        "processor": _line("/proc/cpuinfo", "model name"),
        "cores": str(os.cpu_count()),
        "memory": _line("/proc/meminfo", "MemTotal"),
        "python": platform.python_version(),
        "commit": _commit(root),
    }
    for package in ("highspy", "pyomo", "pyscipopt", "ortools", "numpy", "scipy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not there"
    return found


def _line(file: str, name: str) -> str:
    """What a file of the system says of a name; empty on other systems."""
    path = Path(file)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), "")


def _commit(root: Path) -> str:
    command = ["git", "-C", str(root), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
