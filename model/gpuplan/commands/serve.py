"""`gpuplan serve`: a page for what-if questions, on this machine."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from gpuplan.commands.common import remark, say
from gpuplan.errors import InvalidInput, Problem

LEAVE_SECONDS = 5
"""The most that a request may take once the server is to end."""


def serve(
    folder: Annotated[Path, typer.Argument(help="Folder of instance files.", show_default=False)],
    port: Annotated[int, typer.Option(help="Port; 0 takes one that is free.")] = 8377,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    token: Annotated[str | None, typer.Option(help="Token to ask for; a new one when left out.")] = None,
    solves: Annotated[int, typer.Option(help="Questions that are solved at once.")] = 2,
    waiting: Annotated[int, typer.Option(help="Questions that may wait.")] = 100,
    seconds: Annotated[float, typer.Option(help="The most that a question may take.")] = 600.0,
    memory_mb: Annotated[int, typer.Option(help="The most that a solver may take.")] = 4000,
    threads: Annotated[int, typer.Option(help="Threads of each solver.")] = 2,
) -> None:
    """Serve a page and a REST interface for what-if questions about a folder's instances (needs gpuplan[serve])."""
    try:
        import fastapi  # noqa: F401
        import uvicorn
    except ImportError:
        way_out = "Install them: pip install 'gpuplan[serve]'."
        raise InvalidInput([Problem("serving needs FastAPI and uvicorn, which are not here", way_out)]) from None
    from gpuplan.server.app import LOOPBACK, create_app
    from gpuplan.server.desk import Bounds

    if min(solves, waiting, threads) < 1 or seconds <= 0 or memory_mb < 200:
        way_out = "State 1 or more, seconds above 0, and 200 MB or more."
        raise InvalidInput([Problem("these bounds leave no room for a question", way_out)])
    chosen = token or secrets.token_urlsafe(24)
    bounds = Bounds(solves, waiting, 100, seconds, memory_mb, threads)
    app = create_app(folder, chosen, bounds, LOOPBACK if host in LOOPBACK else None)
    config = uvicorn.Config(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=LEAVE_SECONDS)
    listener = config.bind_socket()
    listener.listen(config.backlog)  # who comes before the first request is served waits, and is not refused
    if host not in LOOPBACK:
        remark(f"{host} can be reached from other machines, and the connection is not encrypted")
    say(f"http://{host}:{listener.getsockname()[1]}/#token={chosen}\n")
    server = uvicorn.Server(config)
    app.state.is_ending = lambda: server.should_exit
    server.run([listener])
