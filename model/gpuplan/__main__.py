"""`python -m gpuplan` and the command `gpuplan`."""

import signal
import sys


def run(default: str | None = None) -> None:
    """Start the command line; an interrupt while it starts ends it at once, with the exit code of one."""
    # An interrupt while Python imports may be lost in one of its own callbacks: it waits until that is over.
    waiting = {signal.SIGINT} if hasattr(signal, "pthread_sigmask") else set()
    try:
        if waiting:
            signal.pthread_sigmask(signal.SIG_BLOCK, waiting)
        from gpuplan.cli import main

        if waiting:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, waiting)
        main(default=default)
    except KeyboardInterrupt:  # there is no plan to keep yet
        sys.exit(130)


if __name__ == "__main__":
    run()
