"""The web application: a page, and the same over REST."""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, cast
from urllib.parse import urlsplit

from fastapi import APIRouter, Body, Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException as AnyHTTPException

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.instance.base import exactly
from gpuplan.plan.files import to_json
from gpuplan.server.desk import ENDED, Bounds, Desk, Full, Question
from gpuplan.server.folder import Folder
from gpuplan.server.shapes import Ask, Fault, Faults, Health, Kept, Movable, Opened, Standing
from gpuplan.whatif.compare import WhatIf
from gpuplan.whatif.figures import figures

LARGEST_BODY = 1_000_000
"""Bytes of a request."""
MOST_SCENARIOS = 1000
MOST_SCENARIO_BYTES = 10_000_000
"""Of all scenarios that are kept, over all instances."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Names by which this machine knows itself."""
WATCHED = 0.2
"""Seconds between two looks at a question that is watched."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
CODES = (400, 401, 404, 409, 413, 421, 422, 429)
REFUSED: dict[int | str, dict[str, Any]] = {code: {"model": Faults} for code in CODES}
STATIC = {"page.js": "text/javascript", "page.css": "text/css", "icon.svg": "image/svg+xml"}

open_router = APIRouter()
bearer = HTTPBearer(auto_error=False, description="The token that `gpuplan serve` prints.")


def token_needed(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> None:
    """Refuses a request without the server's token."""
    stated = given.credentials if given is not None else ""
    if not hmac.compare_digest(stated.encode(), request.app.state.token.encode()):
        raise HTTPException(401, "the token of this server is needed", {"WWW-Authenticate": "Bearer"})


router = APIRouter(prefix="/api", dependencies=[Depends(token_needed)], responses=REFUSED)


def create_app(
    folder: Path, token: str, bounds: Bounds | None = None, hosts: Collection[str] | None = LOOPBACK
) -> FastAPI:
    """The application that serves the instances of a folder to those who have the token.

    `hosts` are the names by which it may be asked, so that no page of another name reaches it through a browser; any
    with None. `app.state.is_ending`, when set, is asked whether the server ends: what is watched then ends as well.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(app.state.desk.close)

    app = FastAPI(
        title="gpuplan", version=gpuplan.__version__, lifespan=lifespan, docs_url=None, redoc_url=None,
        description="What-if questions about the instances of a folder.",
    )  # fmt: skip
    app.state.folder, app.state.token, app.state.desk = Folder(folder), token, Desk(bounds or Bounds())
    app.state.scenarios, app.state.hosts, app.state.is_ending = {}, hosts, lambda: False
    app.include_router(open_router)
    app.include_router(router)
    app.middleware("http")(_guarded)
    app.exception_handler(InvalidInput)(_invalid)
    app.exception_handler(RequestValidationError)(_unreadable)
    app.exception_handler(AnyHTTPException)(_refused)
    return app


async def _guarded(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """A body within bounds, headers that keep a browser strict, and hosts of this machine only."""
    stated = request.headers.get("content-length", "0")
    chunked = "transfer-encoding" in request.headers
    hosts = request.app.state.hosts
    if hosts is not None and _host(request) not in hosts:
        response: Response = _faults(421, f"this server is asked by the names {', '.join(hosts)} only")
    elif chunked or not stated.isdigit() or int(stated) > LARGEST_BODY:
        response = _faults(413, f"a request may have {LARGEST_BODY:,} bytes, and states how many it has")
    else:
        response = await call_next(request)
    response.headers.update(HEADERS)
    return response


def _host(request: Request) -> str | None:
    """The name by which the server is asked, without its port."""
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname
    except ValueError:
        return None


def _faults(code: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(Faults(faults=[Fault(message=message)]).model_dump(), code, headers)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    problems = cast(InvalidInput, error).problems[:50]
    found = [Fault(message=one.message, way_out=one.way_out, path=one.path) for one in problems]
    return JSONResponse(Faults(faults=found).model_dump(), 422)


async def _unreadable(_request: Request, error: Exception) -> JSONResponse:
    """What was sent is not said again: it may be no JSON."""
    found = [
        Fault(message=str(one["msg"]), path=".".join(map(str, one["loc"])))
        for one in cast(RequestValidationError, error).errors()[:50]
    ]
    return JSONResponse(Faults(faults=found).model_dump(), 422)


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    refused = cast(AnyHTTPException, error)
    return _faults(refused.status_code, str(refused.detail), dict(refused.headers or {}))


# The page


@open_router.get("/health")
async def health(request: Request) -> Health:
    """Whether the server lives; needs no token."""
    states = [one.state for one in request.app.state.desk.all()]
    return Health(queued=states.count("queued"), running=states.count("running"))


@open_router.get("/", include_in_schema=False)
async def index() -> Response:
    """The page; the token is in the part of the address that a browser does not send."""
    return Response(_static("index.html"), media_type="text/html; charset=utf-8")


@open_router.get("/static/{name}", include_in_schema=False)
async def static(name: str) -> Response:
    """What the page needs."""
    if name not in STATIC:
        raise HTTPException(404, "there is no such file")
    return Response(_static(name), media_type=STATIC[name])


def _static(name: str) -> bytes:
    return (files("gpuplan.server") / "static" / name).read_bytes()


# Instances and scenarios


@router.get("/instances")
def instances(request: Request) -> list[str]:
    """The instance files of the folder."""
    return cast(Folder, request.app.state.folder).names()


def _loaded(request: Request, file: str) -> gpuplan.Instance:
    try:
        return cast(Folder, request.app.state.folder).load(file)
    except KeyError:
        raise HTTPException(404, f"the folder has no instance {file[:100]!r}") from None


@router.get("/instances/{file}")
@exactly
def instance(request: Request, file: str) -> Opened:
    """An instance and its figures: limits, prices, dates, supply, capacity."""
    found = _loaded(request, file)
    own = {name: list(one.edits) for name, one in found.scenarios.items()}
    return Opened(
        file=file,
        name=found.name,
        currency=found.currency,
        figures=[Movable(kind=one.kind, path=one.path, unit=one.unit, value=f"{one.value}") for one in _movable(found)],
        offers=list(found.offers),
        scenarios=own | request.app.state.scenarios.get(file, {}),
    )


def _movable(found: gpuplan.Instance) -> list[Any]:
    """Figures whose value stands at their path: those of a schedule take other edits."""
    return [one for one in figures(found) if "[" not in one.path and not one.path.endswith(".lead_days")]


@router.put("/instances/{file}/scenarios/{name}", status_code=204)
def keep(request: Request, file: str, name: str, kept: Kept) -> Response:
    """Keep a named set of edits while the server runs."""
    _loaded(request, file).edited(kept.edits)
    mine = request.app.state.scenarios.setdefault(file, {})
    if len(mine) >= MOST_SCENARIOS or len(name) > 200:
        raise HTTPException(409, f"a name has at most 200 characters, an instance at most {MOST_SCENARIOS} scenarios")
    everything = [one for each in request.app.state.scenarios.values() for one in each.values()]
    if sum(map(_size, [*everything, kept.edits])) - _size(mine.get(name, [])) > MOST_SCENARIO_BYTES:
        raise HTTPException(409, f"the scenarios kept here have at most {MOST_SCENARIO_BYTES:,} bytes")
    mine[name] = kept.edits
    return Response(status_code=204)


def _size(edits: list[str]) -> int:
    return sum(len(edit.encode()) for edit in edits)


# Questions


@router.post("/questions", status_code=202)
@exactly
def ask(request: Request, asked: Annotated[Ask, Body()]) -> Standing:
    """Queue a what-if question; faults of its edits are told at once."""
    found = _loaded(request, asked.file)
    if asked.edits:
        found.edited(asked.edits)
    try:
        return standing(request.app.state.desk.ask(asked.file, found, asked.edits, asked.gap, asked.seconds))
    except Full as error:
        raise HTTPException(429, str(error)) from None


@router.get("/questions")
def questions(request: Request) -> list[Standing]:
    """Every question that is kept, the oldest first."""
    return [standing(one) for one in request.app.state.desk.all()]


def _question(request: Request, question: str) -> Question:
    try:
        return cast(Desk, request.app.state.desk).find(question)
    except KeyError:
        raise HTTPException(404, f"there is no question {question[:100]!r}") from None


Found = Annotated[Question, Depends(_question)]


@router.get("/questions/{question}")
def one(found: Found) -> Standing:
    """Where a question stands."""
    return standing(found)


@router.delete("/questions/{question}")
def cancel(found: Found) -> Standing:
    """Stop a question; the best plans so far are kept."""
    found.cancel.set()
    return standing(found)


@router.get("/questions/{question}/events", response_class=StreamingResponse)
async def events(request: Request, found: Found) -> StreamingResponse:
    """Where a question stands, as server-sent events, until it or the server has ended."""

    async def lines() -> AsyncIterator[str]:
        while True:
            now = standing(found)
            yield f"data: {now.model_dump_json()}\n\n"
            if now.state in ENDED or request.app.state.is_ending():
                return
            await asyncio.sleep(WATCHED)

    return StreamingResponse(lines(), media_type="text/event-stream")


def standing(question: Question) -> Standing:
    """A question as it is told."""
    step = question.step
    search = step.search if step is not None else None
    answer = question.answer
    until = question.ended or time.monotonic()
    return Standing(
        id=question.id, file=question.file, edits=list(question.edits), state=question.state,
        doing=step.doing if step is not None else "", incumbent=search.incumbent if search else None,
        bound=search.bound if search else None, gap=search.gap if search else None,
        seconds=round(until - question.began, 3) if question.began else 0.0,
        base=answer.comparison.base.status if answer else "", edited=answer.comparison.edited.status if answer else "",
        fault=question.fault,
    )  # fmt: skip


def _answered(found: Found) -> Question:
    if found.answer is None:
        raise HTTPException(409, f"the question is {found.state}: it has no answer")
    return found


Answered = Annotated[Question, Depends(_answered)]


def _answers(found: Question) -> list[Any]:
    """What is reported of a question: the comparison, then the plans."""
    assert found.answer is not None
    plans = (found.answer.edited_plan, found.answer.base_plan if found.edits else None)
    return [*([found.answer.comparison] if found.edits else []), *(plan for plan in plans if plan is not None)]


@router.get("/questions/{question}/comparison")
def comparison(found: Answered) -> Response:
    """Base and edited plan side by side: the schema `comparison`, every number in full."""
    assert found.answer is not None
    return Response(to_json(found.answer.comparison), media_type="application/json")


@router.get("/questions/{question}/plan")
def plan(found: Answered, side: str = "edited") -> Response:
    """The plan of a side, `base` or `edited`: the schema `plan`."""
    assert found.answer is not None
    chosen = {"base": found.answer.base_plan, "edited": found.answer.edited_plan}.get(side)
    if chosen is None:
        raise HTTPException(404, "this side has no plan; the sides are base and edited")
    return Response(to_json(chosen), media_type="application/json")


@router.get("/questions/{question}/summary")
@exactly
def summary(found: Answered) -> Response:
    """The answer in HTML, to stand within a page: what changes, then both plans."""
    from gpuplan.report.page import fragment

    answer = cast(WhatIf, found.answer)
    parts = [("What changes", answer.comparison), ("Base plan", answer.base_plan), ("Edited plan", answer.edited_plan)]
    shown = "".join(f"<section><h2>{title}</h2>{fragment(part)}</section>" for title, part in parts if part is not None)
    return Response(f'<div class="sides">{shown}</div>', media_type="text/html; charset=utf-8")


@router.get("/questions/{question}/report")
@exactly
def report(found: Answered) -> Response:
    """The report, as one page."""
    return _file(gpuplan.page(*_answers(found)), "text/html; charset=utf-8", "report.html")


@router.get("/questions/{question}/workbook")
@exactly
def workbook(found: Answered) -> Response:
    """The report, as a workbook."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _file(gpuplan.workbook(*_answers(found)), kind, "report.xlsx")


@router.get("/questions/{question}/edits")
def edits(found: Found) -> Response:
    """The edits as a file that `gpuplan what-if --edits` takes."""
    return _file(json.dumps({"edits": list(found.edits)}, indent=2) + "\n", "application/json", "edits.json")


def _file(content: str | bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
