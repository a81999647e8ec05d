r"""Pricing: what the orders cost, tier by tier, with fees, parts and support.

All-units: the tier reached prices every unit, $\sum_j x^{\mathrm{tier}}_{ojst} = \ell_o n^{\mathrm{orders}}_{ost}$ and
$b_{oj} z_{oj} \le \sum_{s,t} x^{\mathrm{tier}}_{ojst} \le b_{o,j+1} z_{oj}$, $\sum_j z_{oj} = u_o$. Incremental: orders
pay the first price and the saving of each further tier is booked on the last day of the order window,
$\max(w_{oj} z_{o,j+1}, z_{oj}) \le x^{\mathrm{step}}_{oj} \le w_{oj} z_{oj}$ with $w$ its width. See fees
for what tiers ask beside.

| symbol | meaning | unit |
| --- | --- | --- |
| $z_{oj}$ | tier reached, or entered (`tier`) | 0 or 1 |
| $x^{\mathrm{tier}}_{ojst}$ | units priced by a tier (`tier_units`) | systems |
| $x^{\mathrm{step}}_{oj}$ | units within an incremental tier (`tier_step`) | systems |
| $u_o$ | whether an offer is used (`offer_used`) | 0 or 1 |
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from gpuplan.families import fees
from gpuplan.families.family import Family
from gpuplan.families.first_signings import signings_by_period
from gpuplan.fraction import Fraction
from gpuplan.instance.matching import Subject
from gpuplan.instance.prices import added_parts, instalments, last_order_day, rate
from gpuplan.instance.timeline import LotDays, Month, months
from gpuplan.ledger.entries import Entry, entry
from gpuplan.ledger.reading import Reading
from gpuplan.program.charging import Charged, arrivals, flows_of
from gpuplan.program.columns import Role
from gpuplan.program.linear import Linear
from gpuplan.program.problem import Flow

if TYPE_CHECKING:
    from gpuplan.instance.offers import Offer
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Lot, Recount
    from gpuplan.program.problem import Problem

NAME = "pricing"


def path(offer: str) -> str:
    """Path of an offer's price tiers."""
    return f"offers.{offer}.tiers"


class TieredOrders(NamedTuple):
    """Orders of an offer in one period that its tiers need not tell apart: paid on the same days."""

    site: str
    """Empty for several sites together."""
    period: int
    number: int
    """Counts the ways of a period whose days differ."""
    days: LotDays
    units: Linear


def tiered_orders(problem: Problem, offer: str) -> list[TieredOrders]:
    """Orders of an offer as its tiers tell them apart: by days, and by site when a rule on money selects sites."""
    sites = problem.instance.offer_sites(offer)
    apart = len(sites) < 2 or _money_by_site(problem.instance)
    lot = problem.instance.quotes[offer].lot_units
    groups: dict[tuple[str, int], dict[LotDays, Linear]] = defaultdict(dict)
    for site in sites:
        for period, column in problem.signings.get((offer, site), ()):
            by_days = groups[site if apart else "", period]
            by_days.setdefault(problem.lot(column), Linear()).add(column, lot)
    return [
        TieredOrders(site, period, number, days, units)
        for (site, period), by_days in groups.items()
        for number, (days, units) in enumerate(by_days.items())
    ]


def _money_by_site(instance: Instance) -> bool:
    """Whether a rule on money selects sites."""
    by_site = {"site", "country", "region"}
    return any(
        one.kind == "money" and by_site & {*one.select.given, *(one.exclude.given if one.exclude else ())}
        for one in instance.measured.values()
    )


def columns(problem: Problem) -> None:
    """Tiers, steps and first signings, where they exist."""
    for offer, quote in problem.instance.quotes.items():
        signings = signings_by_period(problem, [offer])
        if not signings:
            continue
        if quote.tiers and quote.tier_pricing == "all-units":
            _all_units_columns(problem, offer)
        elif quote.tiers:
            for number, _ in enumerate(quote.price_tiers(), 1):
                problem.strategic("tier", offer, number)
                problem.columns.add(("tier_step", offer, number), Role.CONTINUOUS)
        if fees.has_fees(quote):
            fees.columns(problem, offer, quote, list(signings))


def _all_units_columns(problem: Problem, offer: str) -> None:
    tiered = tiered_orders(problem, offer)
    for number, _ in enumerate(problem.instance.quotes[offer].price_tiers(), 1):
        problem.strategic("tier", offer, number)
        for orders in tiered:
            problem.columns.add(("tier_units", offer, number, *orders[:3]), Role.CONTINUOUS)


def rows(problem: Problem) -> None:
    """Prices, fees and support as flows; tiers add up to orders."""
    for offer, quote in problem.instance.quotes.items():
        if signings_by_period(problem, [offer]):
            _order_flows(problem, offer, quote)
            _support_flows(problem, offer, quote)
            if fees.has_fees(quote):
                fees.rows(problem, offer, quote)
            if quote.tiers and quote.tier_pricing == "incremental":
                _incremental_rows(problem, offer, quote)


def _order_flows(problem: Problem, offer: str, quote: Offer) -> None:
    all_units = quote.tiers and quote.tier_pricing == "all-units"
    parts = added_parts(problem.instance, offer)
    amounts = cache(partial(_amounts, problem, offer))  # one and the same for every site
    for site, signings in problem.signings_of(offer):
        for _, column in signings:
            units, days = Linear([(column, float(quote.lot_units))]), problem.lot(column)
            subject = Subject.of_offer(problem.instance, offer, site)
            if not all_units:
                paid = amounts(days, Fraction(quote.price), quote.currency)
                problem.flows.append(Flow("purchase", days.signed, subject, units, paid))
            for part, (price, currency) in parts.items():
                problem.flows.append(Flow(part, days.signed, subject, units, amounts(days, price, currency)))
    if all_units:
        _all_units_rows(problem, offer, quote)


def _amounts(
    problem: Problem, offer: str, days: LotDays, price: Fraction, currency: str | None
) -> tuple[tuple[date, float], ...]:
    return problem.payments(instalments(problem.instance, offer, days, price, currency))


def _all_units_rows(problem: Problem, offer: str, quote: Offer) -> None:
    """Units of each tier add up to the orders, by period, and by site where a rule on money needs it."""
    for orders in tiered_orders(problem, offer):
        split = Linear().plus(orders.units, -1.0)
        subject = Subject.of_offer(problem.instance, offer, orders.site or None)
        for number, tier in enumerate(quote.price_tiers(), 1):
            column = problem.columns.get("tier_units", offer, number, *orders[:3])
            if column is not None:
                split.add(column, 1.0)
                paid = _amounts(problem, offer, orders.days, Fraction(tier.price), quote.currency)
                problem.flows.append(Flow("purchase", orders.days.signed, subject, Linear([(column, 1.0)]), paid))
        problem.rows.add(("tier_units", offer, *orders[:3]), split, at_least=0.0, at_most=0.0)


def _incremental_rows(problem: Problem, offer: str, quote: Offer) -> None:
    tiers = quote.price_tiers()
    split = problem.ordered(offer).times(-1.0)
    booked = last_order_day(problem.instance, offer)
    worth = rate(problem.instance, quote.currency, booked)
    for number, tier in enumerate(tiers, 1):
        step = problem.columns.get("tier_step", offer, number)
        if step is None:
            continue
        split.add(step, 1.0)
        saving = Fraction(tier.price) - Fraction(quote.price)
        if saving:
            problem.flows.append(
                Flow(
                    "purchase",
                    booked,
                    Subject.of_offer(problem.instance, offer),
                    Linear([(step, 1.0)]),
                    problem.payments([(booked, saving * worth)]),
                )
            )
    problem.rows.add(("tier_step", offer), split, at_least=0.0, at_most=0.0)


def _support_flows(problem: Problem, offer: str, quote: Offer) -> None:
    if not quote.support_rate_per_year:
        return
    for site, _ in problem.signings_of(offer):
        subject = Subject.of_offer(problem.instance, offer, site)
        priced = _support_prices(problem.instance, quote, months(problem.instance, problem.states))
        systems = {since: Charged(some, some) for since, some in arrivals(problem, offer, site).items()}
        problem.flows += flows_of(problem, "support", subject, systems, priced, by_days=True)


def _support_prices(instance: Instance, quote: Offer, operation: list[Month]) -> list[tuple[Month, Fraction]]:
    """(month, reporting currency) of the support of one system, for whole months of operation."""
    yearly = Fraction(quote.price) * Fraction(quote.support_rate_per_year)
    return [(month, yearly * month.years * rate(instance, quote.currency, month.last)) for month in operation]


def links(problem: Problem) -> None:
    """Tiers, steps and fees, by the bounds of what is ordered."""
    for offer, quote in problem.instance.quotes.items():
        if problem.columns.get("tier", offer, 1) is not None:
            _tier_links(problem, offer, quote)
        if fees.has_fees(quote) and signings_by_period(problem, [offer]):
            fees.links(problem, offer, quote)


def _tier_links(problem: Problem, offer: str, quote: Offer) -> None:
    tiers = quote.price_tiers()
    most = problem.bounded(problem.ordered(offer), f"offers.{offer}.max_units")
    boundaries = [0 if tier.from_units == 1 else tier.from_units for tier in tiers]
    switches = [problem.columns.get("tier", offer, number) for number in range(1, len(tiers) + 1)]
    units_of_tier = _tier_units(problem, offer)
    used = Linear()
    for number, (low, switch) in enumerate(zip(boundaries, switches, strict=True), 1):
        high = min(most, float(boundaries[number])) if number < len(tiers) else most
        if switch is None:
            continue
        if quote.tier_pricing == "all-units":
            units = Linear((column, 1.0) for column in units_of_tier[number])
            used.add(switch, 1.0)
            problem.rows.add(
                ("tier_high", offer, number), Linear().plus(units).add(switch, -max(high, 0.0)), at_most=0.0
            )
            problem.rows.add(("tier_low", offer, number), Linear().plus(units).add(switch, -max(low, 1)), at_least=0.0)
        else:
            step = problem.columns.get("tier_step", offer, number)
            width = max(high - low, 0.0)
            if step is not None:
                problem.rows.add(("step_high", offer, number), Linear([(step, 1.0), (switch, -width)]), at_most=0.0)
                following = switches[number] if number < len(tiers) else None
                if number > 1:
                    entered = Linear([(step, 1.0), (switch, -1.0)])
                    problem.rows.add(("step_entered", offer, number), entered, at_least=0.0)
                if following is not None:
                    full = boundaries[number] - low
                    row = Linear([(step, 1.0), (following, -full)])
                    problem.rows.add(("step_full", offer, number), row, at_least=0.0)
    _tie_tiers_to_use(problem, offer, quote, used, switches)


def _tier_units(problem: Problem, offer: str) -> dict[int, list[int]]:
    """Columns of the units that each all-units tier prices, by tier."""
    found: dict[int, list[int]] = defaultdict(list)
    tiered = tiered_orders(problem, offer)
    for number in range(1, len(problem.instance.quotes[offer].tiers) + 2):
        for orders in tiered:
            column = problem.columns.get("tier_units", offer, number, *orders[:3])
            if column is not None:
                found[number].append(column)
    return found


def _tie_tiers_to_use(problem: Problem, offer: str, quote: Offer, used: Linear, switches: list[int | None]) -> None:
    """One all-units tier when the offer is used; the first incremental tier is entered just when it is used."""
    switch = problem.columns.get("offer_used", offer)
    if quote.tier_pricing == "incremental":
        used = Linear([(switches[0], 1.0)]) if switches[0] is not None else Linear()
    if switch is not None:
        problem.rows.add(("tier", offer), used.add(switch, -1.0), at_least=0.0, at_most=0.0)
    elif len(used.terms) > 1:
        problem.rows.add(("tier", offer), used, at_most=1.0)


def spend(problem: Problem, offers: list[str]) -> Linear:
    """Price of what is ordered from some offers of one currency, in the program's unit of it."""
    total, money = Linear(), problem.money
    for offer in offers:
        quote = problem.instance.quotes[offer]
        tiers = quote.price_tiers()
        if quote.tiers and quote.tier_pricing == "all-units":
            for number, columns_of in _tier_units(problem, offer).items():
                for column in columns_of:
                    total.add(column, money.in_units(tiers[number - 1].price, quote.currency))
        else:
            total.plus(problem.ordered(offer), money.in_units(quote.price, quote.currency))
            for number, tier in enumerate(tiers, 1):
                step = problem.columns.get("tier_step", offer, number)
                if step is not None:
                    total.add(step, money.in_units(tier.price - quote.price, quote.currency))
    return total


def readings(recount: Recount) -> Iterator[Reading]:
    """Units of each all-units offer against the tier that the plan claims."""
    chosen = {line.offer: line.tier for line in recount.decisions.tiers}
    for offer in chosen:
        quote = recount.instance.quotes[offer]
        if not quote.tiers or quote.tier_pricing == "incremental" or offer not in recount.units_by_offer:
            yield Reading(NAME, path(offer), "tiers stated for what has none", Fraction(1), "tiers", None, Fraction(0))
    for offer, units in recount.units_by_offer.items():
        quote = recount.instance.quotes[offer]
        if not quote.tiers or quote.tier_pricing == "incremental":
            continue
        tiers = quote.price_tiers()
        number = chosen.get(offer, 0)
        if not 1 <= number <= len(tiers):
            yield Reading(NAME, path(offer), "tier stated", Fraction(number), "tier", Fraction(1), Fraction(len(tiers)))
            continue
        low = Fraction(tiers[number - 1].from_units)
        high = Fraction(tiers[number].from_units) if number < len(tiers) else None
        yield Reading(NAME, path(offer), f"units in tier {number}", Fraction(units), "systems", low, high)


def entries(recount: Recount) -> Iterator[Entry]:
    """Orders, parts, fees and support."""
    instance = recount.instance
    for lot in recount.lots:
        yield from _lot_entries(recount, lot)
    for offer, units in recount.units_by_offer.items():
        yield from _offer_entries(recount, offer, units)
    operation = months(instance, recount.states)
    for lot in recount.lots:
        since = recount.running.since(lot.offer, lot.site, lot.days, lot.route)
        if since <= instance.calendar.end and instance.quotes[lot.offer].support_rate_per_year:
            for month, price in _support_prices(instance, instance.quotes[lot.offer], operation):
                part = Fraction(month.days_from(since), month.days)
                if part:
                    subject = Subject.of_offer(instance, lot.offer, lot.site)
                    yield entry(instance, "support", month.last, lot.units * part * price, subject)


def _tier_of(recount: Recount, offer: str) -> int:
    stated = next((line.tier for line in recount.decisions.tiers if line.offer == offer), 1)
    return min(max(stated, 1), len(recount.instance.quotes[offer].price_tiers()))


def unit_price(recount: Recount, offer: str) -> Fraction:
    """Price of one system on ordering: of the tier reached, or of the first when tiers are incremental."""
    quote = recount.instance.quotes[offer]
    if quote.tier_pricing == "incremental":
        return Fraction(quote.price)
    return Fraction(quote.price_tiers()[_tier_of(recount, offer) - 1].price)


def _lot_entries(recount: Recount, lot: Lot) -> Iterator[Entry]:
    instance, quote = recount.instance, recount.instance.quotes[lot.offer]
    subject = Subject.of_offer(instance, lot.offer, lot.site)
    prices = {"purchase": (unit_price(recount, lot.offer), quote.currency)}
    prices |= added_parts(instance, lot.offer)
    for term, (price, currency) in prices.items():
        for day, amount in instalments(instance, lot.offer, lot.days, price, currency):
            yield entry(instance, term, day, amount * lot.units, subject, lot.days.signed)


def saving(quote: Offer, units: int) -> Fraction:
    """What incremental tiers save on the first tier's price, in the offer's currency."""
    tiers = quote.price_tiers()
    total = Fraction(0)
    for number, tier in enumerate(tiers[1:], 1):
        high = tiers[number + 1].from_units if number + 1 < len(tiers) else units
        within = max(min(units, high) - tier.from_units, 0)
        total += within * (Fraction(quote.price) - Fraction(tier.price))
    return total


def price_of(recount: Recount, offer: str, units: int) -> Fraction:
    """Price of so many systems of an offer, in its currency, with what its tiers save."""
    quote = recount.instance.quotes[offer]
    saved = saving(quote, units) if quote.tier_pricing == "incremental" else 0
    return unit_price(recount, offer) * units - saved


def _offer_entries(recount: Recount, offer: str, units: int) -> Iterator[Entry]:
    instance, quote = recount.instance, recount.instance.quotes[offer]
    subject = Subject.of_offer(instance, offer)
    saved = saving(quote, units) if quote.tier_pricing == "incremental" else 0
    if saved:
        booked = last_order_day(instance, offer)
        yield entry(instance, "purchase", booked, -saved * rate(instance, quote.currency, booked), subject)
    owed = fees.fee_owed(quote, units, _tier_of(recount, offer))
    if owed:
        first = min(lot.days.signed for lot in recount.lots if lot.offer == offer)
        yield entry(instance, "fees", first, owed * rate(instance, quote.currency, first), subject)


def sentence(instance: Instance, at: str) -> str:
    """The tiers of an offer."""
    quote = instance.quotes[at.split(".")[1]]
    tiers = ", ".join(f"{tier.price:,} from {tier.from_units}" for tier in quote.price_tiers())
    return f"offer {at.split('.')[1]} costs {tiers} ({quote.tier_pricing})"


FAMILY = Family(
    name=NAME,
    title="Pricing",
    kind="cost",
    groups=lambda instance: [path(offer) for offer, quote in instance.offers.items() if quote.tiers],
    sentence=sentence,
    columns=columns,
    rows=rows,
    links=links,
    readings=readings,
    entries=entries,
)
