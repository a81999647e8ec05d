r"""Pricing: what the orders cost, tier by tier, with fees, parts and support.

All-units: the tier reached prices every unit, $\sum_j x^{\mathrm{tier}}_{ojst} = \ell_o n^{\mathrm{orders}}_{ost}$ and
$b_{oj} z_{oj} \le \sum_{s,t} x^{\mathrm{tier}}_{ojst} \le b_{o,j+1} z_{oj}$, $\sum_j z_{oj} = u_o$. Incremental: orders
pay the first price and the saving of each further tier is booked on the last day of the order window, see tier steps.
That holds for every offer $o$. A price is that of the day of signing. See fees for what tiers ask beside. Support is
paid by days, for those that no warranty covers.

| symbol | meaning | unit |
| --- | --- | --- |
| $z_{oj}$ | tier reached, or entered (`tier`) | 0 or 1 |
| $x^{\mathrm{tier}}_{ojst}$ | units priced by a tier (`tier_units`) | systems |
| $u_o$ | whether an offer is used (`offer_used`) | 0 or 1 |
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from gpuplan.families import fees, free_units, tier_steps
from gpuplan.families.family import Family
from gpuplan.families.first_signings import signings_by_period
from gpuplan.families.tier_steps import is_stepped
from gpuplan.fraction import Fraction
from gpuplan.instance.matching import Subject
from gpuplan.instance.prices import added_parts, instalments, last_order_day, rate
from gpuplan.instance.rentals import end_of, is_there
from gpuplan.instance.timeline import LotDays, Month, months, supported_days, warranties
from gpuplan.ledger.entries import Entry, entry
from gpuplan.ledger.reading import Reading
from gpuplan.program.charging import Charged, Span, arrivals_apart, flows_of
from gpuplan.program.columns import Role
from gpuplan.program.linear import Linear
from gpuplan.program.problem import Flow

if TYPE_CHECKING:
    from decimal import Decimal

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
            tier_steps.columns(problem, offer, quote)
        free_units.columns(problem, offer, quote)
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
            if is_stepped(quote):
                tier_steps.rows(problem, offer, quote)
            free_units.rows(problem, offer, quote)
            _saving_flows(problem, offer, quote)


def _order_flows(problem: Problem, offer: str, quote: Offer) -> None:
    all_units = quote.tiers and quote.tier_pricing == "all-units"
    parts = cache(partial(added_parts, problem.instance, offer))
    amounts = cache(partial(_amounts, problem, offer))  # one and the same for every site
    for site, signings in problem.signings_of(offer):
        for _, column in signings:
            units, days = Linear([(column, float(quote.lot_units))]), problem.lot(column)
            subject = Subject.of_offer(problem.instance, offer, site)
            if not all_units:
                paid = amounts(days, Fraction(quote.price_on(days.signed)), quote.currency)
                problem.flows.append(Flow("purchase", days.signed, subject, units, paid))
            for part, (price, currency) in parts(days.signed).items():
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
        for number, tier in enumerate(quote.price_tiers(orders.days.signed), 1):
            column = problem.columns.get("tier_units", offer, number, *orders[:3])
            if column is not None:
                split.add(column, 1.0)
                paid = _amounts(problem, offer, orders.days, Fraction(tier.price), quote.currency)
                problem.flows.append(Flow("purchase", orders.days.signed, subject, Linear([(column, 1.0)]), paid))
        problem.rows.add(("tier_units", offer, *orders[:3]), split, at_least=0.0, at_most=0.0)


def _saving_flows(problem: Problem, offer: str, quote: Offer) -> None:
    """What incremental tiers and free units save, on the last day of the order window."""
    booked = last_order_day(problem.instance, offer)
    worth = rate(problem.instance, quote.currency, booked)
    for units, more in savings(problem, offer):
        if more:
            due = problem.payments([(booked, more * worth)])
            problem.flows.append(Flow("purchase", booked, Subject.of_offer(problem.instance, offer), units, due))


def savings(problem: Problem, offer: str) -> Iterator[tuple[Linear, Fraction]]:
    """(units, what is added to the price of one of them) of incremental tiers and of free units, with a minus."""
    if is_stepped(problem.instance.quotes[offer]):
        yield from tier_steps.savings(problem, offer)
    yield from free_units.savings(problem, offer)


def _support_flows(problem: Problem, offer: str, quote: Offer) -> None:
    if not quote.support_rate_per_year:
        return
    operation = months(problem.instance, problem.states)
    for site, _ in problem.signings_of(offer):
        subject = Subject.of_offer(problem.instance, offer, site)
        arrived = arrivals_apart(problem, offer, site, lambda days: _supported_alike(quote, days))
        for (first, days), some in arrived.items():
            priced = _support_prices(problem.instance, quote, first, operation)
            systems = {Span(since, end_of(offer)): Charged(units, units) for since, units in some.items()}
            if days is None:
                problem.flows += flows_of(problem, "support", subject, systems, priced, by_days=True)
                continue
            for since, units in some.items():
                paid = (
                    one for one in _support(problem.instance, quote, days, since, priced) if is_there(offer, one[0])
                )
                due = problem.payments(paid)
                problem.flows.append(Flow("support", None, subject, units, due))


def _supported_alike(quote: Offer, days: LotDays) -> tuple[Decimal, LotDays | None]:
    """What tells lots apart in their support: the first price of their day; their days where there is a warranty."""
    return quote.price_on(days.signed), days if quote.warranty_years else None


def _support(
    instance: Instance, quote: Offer, days: LotDays, since: date, priced: list[tuple[Month, Fraction]]
) -> Iterator[tuple[date, Fraction]]:
    """(day, reporting currency) of the support of one system charged from a day on, given that of whole months."""
    covered = warranties(quote, days, instance.operation_end)
    for month, price in priced:
        paid = supported_days(month, since, covered) if covered else month.days_from(since)
        if paid:
            yield month.last, price * paid / month.days


def _support_prices(
    instance: Instance, quote: Offer, first: Decimal, operation: list[Month]
) -> list[tuple[Month, Fraction]]:
    """(month, reporting currency) of the support of one system with a first price, for whole months of operation."""
    yearly = Fraction(first) * Fraction(quote.support_rate_per_year)
    return [(month, yearly * month.years * rate(instance, quote.currency, month.last)) for month in operation]


def links(problem: Problem) -> None:
    """Tiers, steps and fees, by the bounds of what is ordered."""
    for offer, quote in problem.instance.quotes.items():
        if problem.columns.get("tier", offer, 1) is not None:
            _tier_links(problem, offer, quote)
            free_units.links(problem, offer, quote)
        if fees.has_fees(quote) and signings_by_period(problem, [offer]):
            fees.links(problem, offer, quote)


def _tier_links(problem: Problem, offer: str, quote: Offer) -> None:
    """Units within the bounds of their tiers; one tier when the offer is used, or the first when tiers are steps."""
    switches = [problem.columns.get("tier", offer, number) for number in range(1, len(quote.tiers) + 2)]
    if is_stepped(quote):
        tier_steps.links(problem, offer, quote)
        switches = switches[:1]
    else:
        _all_units_links(problem, offer, quote)
    used = Linear((switch, 1.0) for switch in switches if switch is not None)
    switch = problem.columns.get("offer_used", offer)
    if switch is not None:
        problem.rows.add(("tier", offer), used.add(switch, -1.0), at_least=0.0, at_most=0.0)
    elif len(used.terms) > 1:
        problem.rows.add(("tier", offer), used, at_most=1.0)


def _all_units_links(problem: Problem, offer: str, quote: Offer) -> None:
    """The units of a tier lie between its boundary and the next."""
    most = problem.bounded(problem.ordered(offer), f"offers.{offer}.max_units")
    lows = [tier.from_units for tier in quote.price_tiers()]
    units_of_tier = _tier_units(problem, offer)
    for number, low in enumerate(lows, 1):
        switch = problem.columns.get("tier", offer, number)
        if switch is None:
            continue
        high = min(most, float(lows[number])) if number < len(lows) else most
        units = Linear((column, 1.0) for column in units_of_tier[number])
        problem.rows.add(("tier_high", offer, number), Linear().plus(units).add(switch, -high), at_most=0.0)
        problem.rows.add(("tier_low", offer, number), Linear().plus(units).add(switch, -low), at_least=0.0)


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


def spend(problem: Problem, offers: list[str]) -> Linear:
    """Price of what is ordered from some offers of one currency, in the program's unit of it."""
    total, money = Linear(), problem.money
    for offer in offers:
        quote = problem.instance.quotes[offer]
        if quote.tiers and quote.tier_pricing == "all-units":
            tiered = tiered_orders(problem, offer)
            for number in range(1, len(quote.tiers) + 2):
                for orders in tiered:
                    column = problem.columns.get("tier_units", offer, number, *orders[:3])
                    if column is not None:
                        price = quote.price_tiers(orders.days.signed)[number - 1].price
                        total.add(column, money.in_units(price, quote.currency))
        else:
            for _, signings in problem.signings_of(offer):
                for _, column in signings:
                    first = quote.price_on(problem.lot(column).signed)
                    total.add(column, quote.lot_units * money.in_units(first, quote.currency))
        for units, more in savings(problem, offer):
            total.plus(units, money.in_units(more, quote.currency))
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
            quote, subject = instance.quotes[lot.offer], Subject.of_offer(instance, lot.offer, lot.site)
            priced = _support_prices(instance, quote, quote.price_on(lot.days.signed), operation)
            paid = _support(instance, quote, lot.days, since, priced)
            for day, amount in (one for one in paid if is_there(lot.offer, one[0])):
                yield entry(instance, "support", day, lot.units * amount, subject)


def _tier_of(recount: Recount, offer: str) -> int:
    stated = next((line.tier for line in recount.decisions.tiers if line.offer == offer), 1)
    return min(max(stated, 1), len(recount.instance.quotes[offer].price_tiers()))


def unit_price(recount: Recount, offer: str, signed: date) -> Fraction:
    """Price of one system that is signed for on a day: of the tier reached, or the first when tiers are incremental."""
    quote = recount.instance.quotes[offer]
    if quote.tier_pricing == "incremental":
        return Fraction(quote.price_on(signed))
    return Fraction(quote.price_tiers(signed)[_tier_of(recount, offer) - 1].price)


def _lot_entries(recount: Recount, lot: Lot) -> Iterator[Entry]:
    instance, quote = recount.instance, recount.instance.quotes[lot.offer]
    subject = Subject.of_offer(instance, lot.offer, lot.site)
    prices = {"purchase": (unit_price(recount, lot.offer, lot.days.signed), quote.currency)}
    prices |= added_parts(instance, lot.offer, lot.days.signed)
    for term, (price, currency) in prices.items():
        for day, amount in instalments(instance, lot.offer, lot.days, price, currency):
            yield entry(instance, term, day, amount * lot.units, subject, lot.days.signed)


def price_of(recount: Recount, offer: str) -> Fraction:
    """Price of all that is ordered of an offer, in its currency, with what its tiers save."""
    lines = (line for line in recount.decisions.orders if line.offer == offer)
    priced = (unit_price(recount, offer, line.signed) * line.units for line in lines)
    return sum(priced, Fraction(0)) - saving(recount, offer)


def saving(recount: Recount, offer: str) -> Fraction:
    """What incremental tiers and free units save on the price of all that is ordered, in the offer's currency."""
    free = free_units.saving(recount, offer, lambda signed: unit_price(recount, offer, signed))
    return tier_steps.saving(recount, offer) + free


def _offer_entries(recount: Recount, offer: str, units: int) -> Iterator[Entry]:
    instance, quote = recount.instance, recount.instance.quotes[offer]
    subject = Subject.of_offer(instance, offer)
    saved = saving(recount, offer)
    if saved:
        booked = last_order_day(instance, offer)
        yield entry(instance, "purchase", booked, -saved * rate(instance, quote.currency, booked), subject)
    owed = fees.fee_owed(quote, units, _tier_of(recount, offer))
    if owed:
        first = min(lot.days.signed for lot in recount.lots if lot.offer == offer)
        yield entry(instance, "fees", first, owed * rate(instance, quote.currency, first), subject)


def sentence(instance: Instance, at: str) -> str:
    """The tiers of an offer, price by price."""
    offer = at.split(".")[1]
    quote, lists = instance.quotes[offer], []
    for day in quote.price_days:
        tiers = ", ".join(f"{tier.price:,} from {tier.from_units}" for tier in quote.price_tiers(day))
        lists.append(tiers if day is None else f"{tiers} when signed from {day} on")
    early = quote.early_order
    less = f", less {float(early.discount) * 100:g} % when signed by {early.until}" if early else ""
    return f"offer {offer} costs {'; '.join(lists)}{less} ({quote.tier_pricing})"


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
