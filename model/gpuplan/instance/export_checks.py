"""Checks of export regimes: cells that name classes, groups and caps that exist, and figures on which answers lean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from gpuplan.errors import Problem
from gpuplan.instance.classification import BITS, NONE, tpp
from gpuplan.instance.regimes import LICENCES

if TYPE_CHECKING:
    from gpuplan.instance.regimes import Cell, Regime
    from gpuplan.instance.rules import Measured
    from gpuplan.instance.schema import Instance


def regimes(instance: Instance) -> Iterator[Problem]:
    """Regimes that amend nothing known, and cells whose classes, groups, headquarters or caps nobody states."""
    known = instance.export.regimes
    for name, regime in known.items():
        path = f"export.regimes.{name}"
        for amended in regime.amends or ():
            yield from _unknown(f"{path}.amends", "regime", amended, known)
            if amended in known and known[amended].amends is not None:
                yield Problem(f"{amended} amends another regime itself", "Amend that one.", f"{path}.amends")
        if regime.amends is None and regime.cells and not regime.classes:
            yield Problem("a regime that amends none needs classes", "State classes.", f"{path}.classes")
        if regime.amends is not None and regime.classes:
            way_out = "Leave them out: those of the amended regime hold."
            yield Problem("a regime that amends others has no classes of its own", way_out, f"{path}.classes")
        bases = [known[amended] for amended in regime.amends or () if amended in known] or [regime]
        for number, cell in enumerate(regime.cells):
            for base in bases:
                yield from _cell(f"{path}.cells.{number}", regime, base, cell)
        for group in regime.open_groups:
            yield from _unknown(f"{path}.open_groups", "group", group, regime.groups)


def _cell(path: str, regime: Regime, base: Regime, cell: Cell) -> Iterator[Problem]:
    groups = {*regime.groups, *base.groups}
    for place in cell.location or ():
        if not _is_country(place):
            yield from _unknown(f"{path}.location", "group", place, groups)
    for party in cell.headquarters or ():
        if not _is_country(party):
            yield from _unknown(f"{path}.headquarters", "group", party, {*regime.headquarters, *base.headquarters})
    for chip_class in cell.chips or ():
        yield from _unknown(f"{path}.chips", "class", chip_class, [*(one.name for one in base.classes), NONE])
    for _, ruling in cell.rulings():
        if ruling.cap is not None:
            yield from _unknown(f"{path}.cap", "cap", ruling.cap, regime.caps)


def _is_country(text: str) -> bool:
    return len(text) == 2 and text.isascii() and text.isupper()


def _unknown(path: str, what: str, name: str, known: Iterable[str]) -> Iterator[Problem]:
    names = list(known)
    if name not in names:
        close = get_close_matches(name, names, 3, 0.4) or sorted(names)[:6]
        yield Problem(f"there is no {what} {name!r}", f"Known: {', '.join(close)}." if close else "", path)


def caps_and_routes(instance: Instance) -> Iterator[Problem]:
    """Limits that select routes or caps which no regime has, and names that limits and caps share."""
    known = instance.export.regimes
    caps = [f"{name}.{cap}" for name, regime in known.items() for cap in regime.caps]
    routes = [
        f"{name}.{route}" for name, regime in known.items() for cell in regime.cells for route, _ in cell.rulings()
    ]
    rules: dict[str, Measured] = {f"limits.{name}": limit for name, limit in instance.limits.items()}
    for path, rule in rules.items():
        for selection, word in ((rule.select, "select"), (rule.exclude, "exclude")):
            for cap in (selection.cap if selection else None) or ():
                yield from _unknown(f"{path}.{word}.cap", "cap", cap, caps)
            for route in (selection.route if selection else None) or ():
                yield from _unknown(f"{path}.{word}.route", "route", route, routes)
    for name in instance.caps:
        if name in instance.limits:
            yield Problem("a cap of a regime has this name", "Choose another.", f"limits.{name}")


def odds(instance: Instance) -> Iterator[Problem]:
    """Limits on expected delivery where a licence's odds are not known, and TPP that its formats do not give."""
    if any(limit.delivery != "planned" for limit in instance.limits.values()):
        for name, regime in instance.export.regimes.items():
            bases = [instance.export.regimes[one] for one in regime.amends or () if one in instance.export.regimes]
            unknown = [
                ruling
                for cell in regime.cells
                for _, ruling in cell.rulings()
                if ruling.outcome in LICENCES and ruling.refusal is None
            ]
            if unknown and regime.refusal is None and all(base.refusal is None for base in bases):
                yield Problem(
                    "the odds of its licences are not known, so what needs one counts as refused",
                    "State refusal.",
                    f"export.regimes.{name}.refusal",
                    severity="warning",
                )
    for name, chip in instance.accelerators.items() if instance.export.regimes else ():
        computed = max(getattr(chip, field) * bits for field, bits in BITS.items())
        total = tpp(chip)
        if chip.tpp is not None and computed and total is not None and abs(computed - total) * 100 > total:
            yield Problem(
                f"TPP {total:,} is stated, and throughput x bit length gives {computed:,}",
                "Check both; what is stated holds.",
                f"accelerators.{name}.tpp",
                severity="warning",
            )
