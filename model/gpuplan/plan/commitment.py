"""From a plan to what is committed by a day: the instance that is planned again from there."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from gpuplan.instance.commitments import AGREED, AGREED_OF_MODULES, signed_under
from gpuplan.instance.schema import Instance, validated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuplan.plan.plan import Plan


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
    for one in committed["orders"].values():
        one["quote"] = one["quote"] or _quote_of_offer(one["offer"], one["signed"], tree, committed)
    for one in committed["modules"].values():
        one["quote"] = one["quote"] or _quote_of_module(one["module"], one["signed"], tree, committed)
    orders = {
        (signed_under(instance, one), one.site, one.signed, one.route): name for name, one in stated.orders.items()
    }
    for line in decisions.orders:
        key = (line.offer, line.site, line.signed, line.route)
        if not _is_new(line.signed, until):
            continue
        if key in orders:
            _raise(committed["orders"][orders[key]], line.units)
        else:
            name = _free(_id(line.offer, line.site, line.signed), committed["orders"])
            quote = _quote_of_offer(line.offer, line.signed, tree, committed)
            committed["orders"][name] = {**line.model_dump(), "quote": quote}
    modules = {(one.module, one.site, one.signed): name for name, one in stated.modules.items()}
    for module in decisions.modules:
        built = (module.module, module.site, module.signed)
        if not _is_new(module.signed, until):
            continue
        if built in modules:
            _raise(committed["modules"][modules[built]], module.units)
        else:
            name = _free(_id(module.module, module.site, module.signed), committed["modules"])
            quote = _quote_of_module(module.module, module.signed, tree, committed)
            committed["modules"][name] = {**module.model_dump(), "quote": quote}
    for opening in decisions.openings:
        if _is_new(opening.decided, until) and opening.site not in stated.opened:
            name = _free(_id(opening.site, "", opening.decided), committed["openings"])
            committed["openings"][name] = opening.model_dump()
    return validated({**tree, "committed": committed})


def _quote_of_offer(offer: str, day: date, tree: dict[str, Any], committed: dict[str, Any]) -> str | None:
    return _quote(committed["quotes"], AGREED, "offer", offer, tree["offers"], day)


def _quote_of_module(module: str, day: date, tree: dict[str, Any], committed: dict[str, Any]) -> str | None:
    return _quote(committed["module_quotes"], AGREED_OF_MODULES, "module", module, tree["modules"], day)


def _quote(
    kept: dict[str, Any], agreed: tuple[str, ...], field: str, name: str, sold: dict[str, Any], day: date
) -> str | None:
    """The id of a quote that says what is agreed, added where none does; None of what is not there."""
    if name not in sold:
        return None
    own = {term: sold[name][term] for term in agreed}
    for quote, one in kept.items():
        if one[field] == name and {term: one[term] for term in agreed} == own:
            return quote
    quote = _free(_id(name, "signed", day), kept)
    kept[quote] = {**sold[name], field: name}
    return quote


def _raise(stated: dict[str, Any], units: int) -> None:
    """More is signed for on a day than was committed; what was cancelled stays as it was stated."""
    stated["units"] = max(stated["units"], units)


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
