"""Worker processes of a sweep: they hear a stop request, leave Ctrl-C to their driver, and end when it does."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LOOK_EVERY = 0.2
"""Seconds between two looks at whether to stop."""


class StopRequest:
    """Whether a sweep is to stop, for points here and in worker processes.

    It travels as the path of a file that the driver writes once it is to stop; on a machine that does not see that
    file, a point ends by its time limit.
    """

    def __init__(self, flag: Path, driver: int, should_stop: Callable[[], bool] | None = None) -> None:
        self._flag = flag
        self._driver = driver
        self._should_stop = should_stop

    def __reduce__(self) -> tuple[type[StopRequest], tuple[Path, int]]:
        """Without what only the driver can ask."""
        return StopRequest, (self._flag, self._driver)

    def __call__(self) -> bool:
        """Whether to stop."""
        if self._should_stop is not None:
            return self._should_stop()
        return self._flag.exists()

    def prepare_worker(self) -> None:
        """In a worker process of the driver: leave Ctrl-C to the driver, and end when the driver has ended."""
        if os.getppid() != self._driver or threading.current_thread() is not threading.main_thread():
            return
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if not any(thread.name == _WATCH for thread in threading.enumerate()):
            threading.Thread(target=_end_with, args=(self._driver,), name=_WATCH, daemon=True).start()


_WATCH = "gpuplan-driver-watch"


def _end_with(driver: int) -> None:
    """End this process, whatever it does, once its parent is another; solvers end with it."""
    idle = threading.Event()
    while os.getppid() == driver:
        idle.wait(LOOK_EVERY)
    os._exit(1)


@contextmanager
def stop_request(should_stop: Callable[[], bool]) -> Iterator[StopRequest]:
    """A stop request that worker processes hear for as long as this lasts."""
    ended = threading.Event()
    with tempfile.TemporaryDirectory(prefix="gpuplan-sweep-") as folder:
        flag = Path(folder) / "stop"

        def watch() -> None:
            while not ended.wait(LOOK_EVERY):
                if should_stop():
                    flag.touch()
                    return

        watching = threading.Thread(target=watch, name="gpuplan-sweep-stop", daemon=True)
        watching.start()
        try:
            yield StopRequest(flag, os.getpid(), should_stop)
        finally:
            ended.set()
            watching.join()
