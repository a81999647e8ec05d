"""The command line without installing: `python solve.py FILE` is `gpuplan solve FILE`; other commands work too."""

import signal
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent / "model"))
    # An interrupt while Python imports may be lost in one of its own callbacks: it waits until that is over.
    waiting = {signal.SIGINT} if hasattr(signal, "pthread_sigmask") else set()
    try:
        if waiting:
            signal.pthread_sigmask(signal.SIG_BLOCK, waiting)
        from gpuplan.cli import main

        if waiting:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, waiting)
        main(default="solve")
    except KeyboardInterrupt:  # there is no plan to keep yet
        sys.exit(3)
