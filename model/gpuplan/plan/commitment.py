"""From a plan to what is committed by a day: the instance that is planned again from there."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from gpuplan.instance.commitments import AGREED, AGREED_OF_MODULES, signed_under
from gpuplan.instance.rentals import end_of, without_end
from gpuplan.instance.schema import Instance, validated
from gpuplan.ledger.decisions import OrderLine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuplan.ledger.decisions import ModuleLine
    from gpuplan.plan.plan import Plan

Key = tuple[object, ...]
"""What a line of a plan speaks of: what is signed for, where, when, and by which way."""


class Kind(NamedTuple):
    """A kind of thing that is signed for."""

    section: str
    """Of the commitments."""
    field: str
    """That names what is sold."""
    sold: str
    """Section of the instance."""
    quotes: str
    agreed: tuple[str, ...]
    """Fields that are agreed."""


ORDERS = Kind("orders", "offer", "offers", "quotes", AGREED)
MODULES = Kind("modules", "module", "modules", "module_quotes", AGREED_OF_MODULES)


def with_commitments(instance: Instance, plan: Plan, until: date | None) -> Instance:
    """A copy in which what a plan signs or decides up to a day is committed, beside what was before, as it is quoted.

    Up to that day nothing more can be signed then. Ids are made of what is committed and its day. What was cancelled
    stays as it was stated. Raises InvalidInput when the plan names what the instance does not have.
    """
    decisions, stated = plan.decisions, instance.committed
    tree: dict[str, Any] = instance.model_dump()
    committed: dict[str, Any] = {
        kind: {name: dict(one) for name, one in some.items()} if isinstance(some, dict) else some
        for kind, some in tree["committed"].items()
    }
    if until is not None:
        committed["until"] = until if stated.until is None else max(until, stated.until)
    orders: dict[Key, str] = {
        (signed_under(instance, one), one.site, one.signed, one.route): name for name, one in stated.orders.items()
    }
    _sign(
        ORDERS,
        tree,
        committed,
        orders,
        {(one.offer, one.site, one.signed, one.route): one for one in decisions.orders if _is_new(one.signed, until)},
    )
    modules: dict[Key, str] = {(one.module, one.site, one.signed): name for name, one in stated.modules.items()}
    _sign(
        MODULES,
        tree,
        committed,
        modules,
        {(one.module, one.site, one.signed): one for one in decisions.modules if _is_new(one.signed, until)},
    )
    for opening in decisions.openings:
        if _is_new(opening.decided, until) and opening.site not in stated.opened:
            name = _free(_id(opening.site, "", opening.decided), committed["openings"])
            committed["openings"][name] = opening.model_dump()
    return validated({**tree, "committed": committed})


def _sign(
    kind: Kind,
    tree: dict[str, Any],
    committed: dict[str, Any],
    there: Mapping[Key, str],
    lines: Mapping[Key, OrderLine | ModuleLine],
) -> None:
    """Commit lines of a plan, and keep the quotes of everything committed.

    `there` are commitments that speak of the same as a line: at least so many units, since what was cancelled stays.
    """
    section = committed[kind.section]
    for one in section.values():
        one["quote"] = one["quote"] or _quote(kind, tree, committed, one[kind.field], one["signed"])
    for key, line in lines.items():
        sold = without_end(getattr(line, kind.field))
        if key in there:
            section[there[key]]["units"] = max(section[there[key]]["units"], line.units)
        else:
            name = _free(_id(sold, line.site, line.signed), section)
            quote = _quote(kind, tree, committed, sold, line.signed)
            section[name] = {**line.model_dump(), kind.field: sold, "quote": quote} | _end(line)


def _end(line: OrderLine | ModuleLine) -> dict[str, date]:
    """The day on which what is rented is there for the last time, where it is given back."""
    end = end_of(line.offer) if isinstance(line, OrderLine) else None
    return {} if end is None else {"given_back": end}


def _quote(kind: Kind, tree: dict[str, Any], committed: dict[str, Any], name: str, day: date) -> str | None:
    """The id of a quote that says what is agreed, added where none does; None of what is not there."""
    sold, kept = tree[kind.sold].get(name), committed[kind.quotes]
    if sold is None:
        return None
    for quote, one in kept.items():
        if one[kind.field] == name and all(one[term] == sold[term] for term in kind.agreed):
            return str(quote)
    quote = _free(_id(name, "signed", day), kept)
    kept[quote] = {**sold, kind.field: name}
    return quote


def _is_new(day: date, until: date | None) -> bool:
    return until is None or day <= until


def _free(name: str, taken: Mapping[str, object]) -> str:
    while name in taken:
        name += "-again"
    return name


def _id(what: str, site: str, day: date) -> str:
    """An id of at most 100 characters."""
    text = "-".join(part for part in (what, site) if part)
    return f"{text[:80]}-{day:%Y-%m-%d}"
