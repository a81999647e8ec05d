"""Entry prices as text: the list with which a buyer goes to his vendors."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from gpuplan.report.choices import ENDED
from gpuplan.report.comparison import difference
from gpuplan.report.layout import WIDTH, new_table, rendered, titled
from gpuplan.report.words import plural

if TYPE_CHECKING:
    from gpuplan.whatif.entry import EntryPrices
    from gpuplan.whatif.entry_search import EntryPrice


def prices_text(found: EntryPrices, width: int = WIDTH) -> str:
    """Every offer with its price and the prices at which that decides."""
    if not found.levels:
        return rendered([Text(found.name, style="bold"), Text(ENDED.get(found.status, found.status))], width)
    parts: list[RenderableType] = [Text(found.name, style="bold")]
    for title, standing, low, high in (
        ("Not in the plan: the price at which each comes in", ("not chosen",), "comes in at", "not at"),
        ("In the plan: the price up to which each stays", ("chosen", "needed"), "stays up to", "not at"),
    ):
        some = [one for one in found.offers if one.standing in standing]
        if some:
            table = new_table("offer", "units", "price", low, "change", high, numbers=(1, 2, 3, 4, 5))
            for one in some:
                table.add_row(one.offer, _units(one), *_prices(one))
            parts.append(titled(title, table))
    forced = [one for one in found.offers if one.forced]
    if forced:
        table = new_table("offer", "costs")
        for one in forced:
            told = [each for each in one.forced[:-1] if each.difference] + [one.forced[-1]]
            table.add_row(one.offer, "\n".join(difference(each, found.currency) for each in told))
        parts.append(titled("What the least order of each costs at its price, against the plan", table))
    needed = [one.offer for one in found.offers if one.standing == "needed"]
    if needed:
        parts.append(Text(f"There is no plan without {', '.join(needed)}; up to the price told there is one."))
    kept_out = [(one.offer, why) for one in found.offers for why in one.why]
    if kept_out:
        table = new_table("offer", "why")
        for offer, why in kept_out:
            table.add_row(offer, why)
        parts.append(titled("What keeps offers out", table))
    parts += [Text(line) for line in _remarks(found)]
    return rendered(parts, width)


def _remarks(found: EntryPrices) -> list[str]:
    lines = []
    if any(one.per != "system" for one in found.offers):
        months = [one.offer for one in found.offers if one.per != "system"]
        lines.append(f"Prices of {', '.join(months)} are for a month.")
    capped = [one.offer for one in found.offers if one.price and one.enters_at == one.looked_up_to]
    if capped:
        lines.append(f"{', '.join(capped)}: no higher price was looked at.")
    wide = [one.offer for one in found.offers if not one.told]
    if wide:
        lines.append(f"Not told to a thousandth, for want of time or proof: {', '.join(wide)}.")
    if not found.complete:
        lines.append(f"Stopped after {plural(len(found.offers), 'offer')}.")
    return lines


def _units(one: EntryPrice) -> str:
    return f"{one.units:,}" if one.units else "-"


def _prices(one: EntryPrice) -> tuple[str, str, str, str]:
    return (
        f"{_amount(one.price)} {one.currency}",
        "-" if one.enters_at is None else _amount(one.enters_at),
        "-" if one.enters_at is None or not one.price else f"{(one.enters_at / one.price - 1) * 100:+.1f} %",
        "-" if one.stays_out_at is None else _amount(one.stays_out_at),
    )


def _amount(amount: Decimal) -> str:
    """Whole from 10,000 on, to the cent below, and to six digits below 100."""
    digits = 0 if amount >= 10_000 else 2 if amount >= 100 else max(2, 5 - amount.adjusted())
    return f"{amount:,.{digits}f}"
