"""What requests and responses look like: from here the OpenAPI description is made."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from gpuplan.server.desk import State

EditText = Annotated[str, Field(min_length=1, max_length=10_000)]
Edits = Annotated[list[EditText], Field(max_length=1000)]


class Shape(BaseModel):
    """Closed, and without numbers that are none."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Fault(Shape):
    """Why a request was refused."""

    message: str
    way_out: str = ""
    path: str = ""


class Faults(Shape):
    """Every fault of a request."""

    faults: list[Fault]


class Health(Shape):
    """That the server lives, and how busy it is."""

    status: Literal["ok"] = "ok"
    queued: int
    running: int


class Movable(Shape):
    """A figure of an instance that a question may change."""

    kind: str
    path: str
    unit: str
    value: str
    """As an edit writes it."""


class Opened(Shape):
    """An instance, and what of it can be changed."""

    file: str
    name: str
    currency: str
    figures: list[Movable]
    offers: list[str]
    scenarios: dict[str, list[str]]
    """Those of the file, and those kept by this server."""


class Ask(Shape):
    """A what-if question: an instance and its edits; without edits, the instance as it is."""

    file: Annotated[str, Field(max_length=256)]
    edits: Edits = []
    gap: Annotated[float, Field(ge=0, le=1)] = 1e-3
    seconds: Annotated[float, Field(gt=0, le=1e6)] | None = None
    """At most; the server has a bound of its own."""


class Standing(Shape):
    """Where a question stands."""

    id: str
    file: str
    edits: list[str]
    state: State
    doing: str
    incumbent: float | None
    bound: float | None
    gap: float | None
    seconds: float
    """Since it was taken from the queue."""
    base: str
    """Status of the base, once known."""
    edited: str
    fault: str


class Kept(Shape):
    """A named scenario."""

    edits: Annotated[list[EditText], Field(min_length=1, max_length=1000)]
