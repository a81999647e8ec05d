r"""Supply: what can be signed when, what arrives when, and what can stand.

An offer $o$ is signed on one day of a period $t$ for a site $s$, in whole lots, by one of the ways that export
control leaves: on the first on which it can be, by its window, its prices and export control. It ships,
arrives and is ready on days that its lead, shipping, installation and acceptance give; the units installed on a state
day $k$ are a decision
that never falls and never passes what has been installed by then.

$$ n^{\mathrm{installed}}_{osk} \le \ell_o \sum_{t:\, d^{\mathrm{installed}}_{ot} \le D_k} n^{\mathrm{orders}}_{ost},
\qquad n^{\mathrm{installed}}_{osk} \ge n^{\mathrm{installed}}_{os,k-1} \quad \forall\, o, s, k $$
$$ \ell_o \sum_{s,\,t:\, d^{\mathrm{shipped}}_{ot} \in m} n^{\mathrm{orders}}_{ost} \le r_{om}, \qquad
m_o u_o \le \ell_o \sum_{s,t} n^{\mathrm{orders}}_{ost} \le M_o u_o
\quad \forall\, o, m $$

| symbol | meaning | unit |
| --- | --- | --- |
| $n^{\mathrm{orders}}_{ost}$ | lots signed for (`orders`) | lots |
| $n^{\mathrm{installed}}_{osk}$ | systems installed on a state day (`installed`) | systems |
| $u_o$ | whether anything of the offer is bought (`offer_used`) | 0 or 1 |
| $\ell_o$ | `lot_units` | systems in a lot |
| $m_o, M_o$ | `min_units`, `max_units` | systems |
| $r_{om}$ | `supply` in a calendar month | systems |
| $d_{ot}$ | day of an event of a lot | day |
| $D_k$ | state day | day |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from math import gcd
from typing import TYPE_CHECKING

from gpuplan.families.family import Denial, Family
from gpuplan.fraction import Fraction
from gpuplan.instance.calendar import add_months, step_at
from gpuplan.instance.commitments import is_over, ordered_before
from gpuplan.instance.rentals import is_there, without_end
from gpuplan.ledger.reading import Reading
from gpuplan.program.columns import INFINITY, Key
from gpuplan.program.linear import Linear
from gpuplan.program.problem import Group

if TYPE_CHECKING:
    from gpuplan.instance.offers import Offer
    from gpuplan.instance.routes import Route
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Lot, Recount
    from gpuplan.program.problem import Problem

NAME = "supply"


def path(offer: str) -> str:
    """Path of an offer's supply."""
    return f"offers.{without_end(offer)}"


def denies_signing(instance: Instance, offer: str, _site: str, way: Route) -> Iterator[Denial]:
    """Outside the order window, or before a tender could have been awarded."""
    quote, signed, shipped = instance.quotes[offer], way.days.signed, way.days.shipped
    awarded = instance.calendar.tender_day + timedelta(days=quote.award_days)
    reasons = []
    if quote.order_from and signed < quote.order_from:
        reasons.append(f"the order window opens on {quote.order_from}")
    if quote.order_until and signed > quote.order_until:
        reasons.append(f"the order window closed on {quote.order_until}")
    if not quote.has_price_on(signed):
        reasons.append(f"it has no price on {signed}")
    if signed < awarded:
        reasons.append(f"a tender of {quote.award_days} days ends on {awarded}")
    if quote.supply is not None and not monthly_rate(quote, shipped.replace(day=1)):
        reasons.append(f"none is shipped in {shipped:%Y-%m}")
    for reason in reasons:
        yield Denial(Group(NAME, path(offer)), reason)


def columns(problem: Problem) -> None:
    """Orders for every signing, and installed from the first state day that a lot can reach."""
    for (offer, site), allowed in problem.allowed.items():
        quote = problem.instance.quotes[offer]
        bound = quote.max_units if problem.is_on(NAME, path(offer)) else None
        lots = INFINITY if bound is None else float(bound // quote.lot_units)
        signings = problem.signings[offer, site] = []
        for period, way in allowed:
            key: Key = ("orders", offer, site, period, *([way.name] if way.name else []))
            before = ordered_before(problem.instance, offer, site, problem.days[period], way.name)
            is_past = problem.is_over(period) or offer not in problem.instance.on_offer
            most = float(before // quote.lot_units) if is_past else lots
            column = problem.columns.add(key, problem.role_of_numbers, most)
            problem.routes[column] = way
            signings.append((period, column))
        problem.standings.columns[offer, site] = _standing(problem, offer, site, lots * quote.lot_units)
    if problem.coarse:
        for offer in dict.fromkeys(offer for offer, _ in problem.allowed):
            problem.columns.add(("lots_in_all", offer), problem.role_of_numbers)


def _standing(problem: Problem, offer: str, site: str, most: float) -> list[int | None]:
    """By state day: the column of what stands, one for all of those on which no more need stand than before.

    None before the first lot, and once it is given back.
    """
    first = min(problem.lot(column).installed for _, column in problem.signings[offer, site])
    found: list[int | None] = []
    for state in range(len(problem.states)):
        since = problem.waiting.growth_state(offer, state)
        if since is None or problem.states[since] < first or not is_there(offer, problem.states[state]):
            found.append(None)
        elif since < state:
            found.append(found[since])
        else:
            found.append(problem.columns.add(("installed", offer, site, state), problem.role_of_numbers, most))
    return found


def rows(problem: Problem) -> None:
    """Installed never falls nor passes what arrived; shipments keep to the maker's rate; the total to max_units."""
    for (offer, site), standing in problem.standings.columns.items():
        _standing_rows(problem, offer, site, standing)
    for offer, quote in problem.instance.quotes.items():
        if problem.is_on(NAME, path(offer)) and problem.ordered(offer):
            _rate_rows(problem, offer, quote)
            if quote.max_units is not None:
                problem.rows.add(("max_units", offer), problem.ordered_of(offer), at_most=quote.max_units)
        in_all = problem.columns.get("lots_in_all", offer)
        if in_all is not None:
            row = problem.ordered(offer).add(in_all, -float(quote.lot_units))
            problem.rows.add(("lots_in_all", offer), row, at_least=0.0, at_most=0.0)


def _standing_rows(problem: Problem, offer: str, site: str, standing: list[int | None]) -> None:
    lot = problem.instance.quotes[offer].lot_units
    signings = [(problem.lot(column).installed, column) for _, column in problem.signings[offer, site]]
    before: int | None = None
    for state, column in enumerate(standing):
        if column is None or column == before:
            continue
        arrived = Linear((order, -lot) for day, order in signings if day <= problem.states[state])
        problem.rows.add(("arrived", offer, site, state), arrived.add(column), at_most=0.0)
        if before is not None:
            problem.rows.add(("grows", offer, site, state), Linear([(column, 1.0), (before, -1.0)]), at_least=0.0)
        before = column


def _rate_rows(problem: Problem, offer: str, quote: Offer) -> None:
    if quote.supply is None:
        return
    months: dict[date, Linear] = {}
    lots = set()
    for one in problem.instance.quotes_of(offer):
        lots.add(lot := problem.instance.quotes[one].lot_units)
        for _, signings in problem.signings_of(one):
            for _, column in signings:
                month = problem.lot(column).shipped.replace(day=1)
                if month >= problem.instance.calendar.start:  # what shipped before has shipped
                    months.setdefault(month, Linear()).add(column, lot)
    common = gcd(*lots)
    for month, shipped in sorted(months.items()):
        whole_lots = monthly_rate(quote, month) // common * common
        problem.rows.add(("supply", offer, f"{month:%Y-%m}"), shipped, at_most=float(whole_lots))


def monthly_rate(quote: Offer, month: date) -> int:
    """Units that can ship in the calendar month that starts on `month`: the rate that holds on its last day."""
    step = step_at(quote.supply or (), add_months(month, 1) - timedelta(days=1))
    return step.units_per_month if step else 0


def links(problem: Problem) -> None:
    """An offer that is used buys at least its minimum; one that is not used buys nothing."""
    for offer, quote in problem.instance.quotes.items():
        ordered = problem.ordered_now(offer)
        used = problem.columns.get("offer_used", offer)
        if used is None:
            continue
        problem.only_if(("offer_used", offer), ordered, used, f"offers.{offer}.max_units")
        least = max(quote.min_units if problem.is_on(NAME, path(offer)) else 0, 1)
        bought = problem.ordered_of(offer) if offer in problem.instance.on_offer else ordered
        problem.rows.add(("min_units", offer), Linear().plus(bought).add(used, -least), at_least=0.0)


def switches(problem: Problem) -> None:
    """Columns, then a switch for every offer whose minimum order is above one lot."""
    columns(problem)
    for offer, quote in problem.instance.quotes.items():
        if quote.min_units > quote.lot_units and problem.is_on(NAME, path(offer)):
            problem.offer_used(offer)


def readings(recount: Recount) -> Iterator[Reading]:
    """Window, lots, minimum, maximum, monthly shipments, and installed against arrived, from a plan."""
    instance = recount.instance
    for offer, quote in instance.offers.items():
        bought = {one: recount.units_by_offer.get(one, 0) for one in instance.quotes_of(offer)}
        if any(bought.values()):
            is_used = any(bought[one] for one in instance.terms_of(offer))
            yield _total_reading(quote, offer, sum(bought.values()), is_used=is_used)
            yield from _rate_readings(recount, offer)
    for lot in recount.lots:
        yield from _lot_readings(recount.instance, lot)
    for offer, site in recount.installed:
        lots = recount.lots_by_pair.get((offer, site), [])
        before = 0
        for day in [day for day in recount.days_at(site) if is_there(offer, day)]:
            units = recount.installed_on(offer, site, day)
            arrived = sum(lot.units for lot in lots if lot.days.installed <= day)
            detail = f"installed at {site} on {day}"
            yield Reading(NAME, path(offer), detail, Fraction(units), "systems", Fraction(before), Fraction(arrived))
            before = units


def _total_reading(quote: Offer, offer: str, units: int, is_used: bool) -> Reading:
    """What was bought under earlier quotes counts too, and needs no minimum by itself."""
    least = Fraction(max(quote.min_units, 1)) if is_used else None
    most = None if quote.max_units is None else Fraction(quote.max_units)
    return Reading(NAME, path(offer), "bought in all", Fraction(units), "systems", least, most)


def _rate_readings(recount: Recount, offer: str) -> Iterator[Reading]:
    quote = recount.instance.quotes[offer]
    if quote.supply is None:
        return
    shipped: dict[date, int] = {}
    for lot in recount.lots:
        if recount.instance.offer_of(lot.offer) == offer and lot.days.shipped >= recount.instance.calendar.start:
            month = lot.days.shipped.replace(day=1)
            shipped[month] = shipped.get(month, 0) + lot.units
    for month, units in sorted(shipped.items()):
        rate = Fraction(monthly_rate(quote, month))
        yield Reading(NAME, path(offer), f"shipped in {month:%Y-%m}", Fraction(units), "systems", None, rate)


def _lot_readings(instance: Instance, lot: Lot) -> Iterator[Reading]:
    offer, site, signed, units = lot.offer, lot.site, lot.days.signed, lot.units
    quote = instance.quotes[offer]
    if units <= ordered_before(instance, offer, site, signed, lot.route) and not units % quote.lot_units:
        return
    first = max(quote.order_from or date.min, instance.calendar.tender_day + timedelta(days=quote.award_days))
    last = quote.order_until or instance.calendar.end
    yield Reading(
        NAME,
        path(offer),
        f"day of signing for {site}",
        Fraction(signed.toordinal()),
        "day",
        Fraction(first.toordinal()),
        Fraction(last.toordinal()),
    )
    days = instance.signing_days.get((offer, site), ())
    allowed = signed in days and not is_over(instance, signed)
    if quote.prices:
        has_none = Fraction(0 if quote.has_price_on(signed) else 1)
        detail = f"days of signing without a price for {site}"
        yield Reading(NAME, path(offer), detail, has_none, "days", None, Fraction(0))
    wrong = units % quote.lot_units + (0 if allowed else 1)
    yield Reading(
        NAME,
        path(offer),
        f"whole lots, on a period's day of signing, for a site of the offer ({site})",
        Fraction(wrong),
        "faults",
        None,
        Fraction(0),
    )


def sentence(instance: Instance, at: str) -> str:
    """What the offer can supply, in words."""
    quote = instance.quotes[at.removeprefix("offers.")]
    parts = []
    if quote.order_from:
        parts.append(f"signed from {quote.order_from} on")
    if quote.order_until:
        parts.append(f"signed by {quote.order_until}")
    if quote.prices:
        lists = (f"from {one.start}" + (f" to {one.until}" if one.until else "") for one in quote.prices)
        parts.append(f"priced {', '.join(lists)}")
    if quote.max_units is not None:
        parts.append(f"at most {quote.max_units} systems")
    if quote.min_units:
        parts.append(f"at least {quote.min_units} if any")
    if quote.supply:
        parts.append(f"at most {max(step.units_per_month for step in quote.supply)} a month")
    least = f"{quote.lead_days_range.least} to " if quote.lead_days_range else ""
    parts.append(f"{least}{max(step.days for step in quote.leads)} days of lead")
    return f"offer {at.removeprefix('offers.')}: {', '.join(parts)}"


def repair(_instance: Instance, reading: Reading) -> str:
    """By how many systems, or days, the offer falls short."""
    amount = float(reading.shortfall)
    if reading.unit == "day":
        return f"move the order window of {reading.path} by {amount:g} days"
    return f"{reading.path}: {amount:g} more systems {reading.detail}"


FAMILY = Family(
    name=NAME,
    title="Supply",
    kind="physical",
    groups=lambda instance: [path(offer) for offer in instance.offers],
    sentence=sentence,
    repair=repair,
    denies_signing=denies_signing,
    columns=switches,
    rows=rows,
    links=links,
    readings=readings,
)
