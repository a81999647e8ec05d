"""The figures of an instance that a question may move: each limit, price, date, supply and capacity, with its unit.

A figure is moved by an edit. `loosens` is the direction that can only make room for plans; moves are never made further
than what the field can hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Literal

from gpuplan.instance.units import unit_of

if TYPE_CHECKING:
    from gpuplan.instance.offers import Offer
    from gpuplan.instance.rules import Limit
    from gpuplan.instance.schema import Instance

Kind = Literal["limit", "price", "date", "supply", "capacity", "fund", "demand"]
SPARE = ("N", "N+1", "N+2", "N+3", "N+4", "N+5")
"""Redundancy by its number of spare blocks."""
ONE, CENT, MILLIONTH = Decimal(1), Decimal("0.01"), Decimal("1e-6")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number or a day of an instance, and how it can be moved."""

    kind: Kind
    path: str
    unit: str
    """Of a price the currency that it is stated in, `money` the reporting currency; `share` is a part of one."""
    value: Decimal | date
    """Of a schedule, its largest step."""
    family: str
    rule: str
    """Family and path of the rule that the figure is part of; empty for prices."""
    loosens: Literal[-1, 0, 1]
    """Direction in which it only makes room; 0 where it changes costs alone."""
    tolerance: Decimal
    """The smallest move that is told apart: 1 for what is whole."""
    least: Decimal | None = Decimal(0)
    """As far as it can be moved down from its value, and up; None without an end."""
    most: Decimal | None = None
    words: tuple[str, ...] = ()
    """Where the field is a word: that of each value, from 0 on."""
    along: tuple[tuple[str, Decimal], ...] = ()
    """Paths of figures that move with this one, and by what share of its move: the prices of further tiers."""

    @property
    def is_whole(self) -> bool:
        """Whether it moves by whole steps: days, units, counts."""
        return self.tolerance == 1

    def room(self, direction: int) -> Decimal | None:
        """The furthest move in a direction (1 up, -1 down); None without an end."""
        return self.most if direction > 0 else self.least

    def edits(self, move: Decimal) -> list[str]:
        """The move as edits; none for no move."""
        if not move:
            return []
        if self.words and isinstance(self.value, Decimal):
            return [f"{self.path} = {self.words[int(self.value + move)]}"]
        if isinstance(self.value, date):
            return [f"{self.path} shift {int(move)}d"]
        along = ((path, (move * share).quantize(MILLIONTH, ROUND_DOWN)) for path, share in self.along)
        moves = [(self.path, move), *along]
        return [f"{path} {'+=' if amount > 0 else '-='} {abs(amount):f}" for path, amount in moves if amount]

    def rounded_up(self, amount: Decimal) -> Decimal:
        """The smallest multiple of the tolerance that is no less."""
        return (amount / self.tolerance).to_integral_value(ROUND_CEILING) * self.tolerance


def figures(instance: Instance) -> Iterator[Figure]:
    """Every figure that can be moved, limits first."""
    yield from _limits(instance)
    yield from _deadlines(instance)
    yield from _offers(instance)
    yield from _sites(instance)
    yield from _modules(instance)
    yield from _funds(instance)
    yield from _caps(instance)
    yield from _demands(instance)


def _limits(instance: Instance) -> Iterator[Figure]:
    for name, limit in instance.limits.items():
        for field, loosens in (("at_least", -1), ("at_most", 1), ("at_least_share", -1), ("at_most_share", 1)):
            value: Decimal | None = getattr(limit, field)
            if value is not None:
                yield _bound(name, limit, field, value, 1 if loosens > 0 else -1)
        if limit.by is not None and limit.at_least is not None and limit.is_units_in_use and limit.each is None:
            yield _day(
                f"limits.{name}.by",
                limit.by,
                "limits",
                f"limits.{name}",
                1,
                (instance.calendar.start, instance.calendar.end),
            )


def _bound(name: str, limit: Limit, field: str, value: Decimal, loosens: Literal[-1, 1]) -> Figure:
    share = field.endswith("_share")
    unit = "share" if share else limit.count or unit_of(limit)
    if share:
        tolerance = MILLIONTH
    elif limit.count or unit in ("accelerators", "systems"):
        tolerance = ONE
    else:
        tolerance = CENT
    if tolerance == 1 and value != value.to_integral_value():
        tolerance = CENT
    partner: Decimal | None = getattr(limit, _partner(field))
    least: Decimal | None = value
    most = 1 - value if share else None
    if partner is not None:
        least, most = (value - partner, most) if loosens > 0 else (least, partner - value)
    return Figure(
        "limit", f"limits.{name}.{field}", unit, value, "limits", f"limits.{name}", loosens, tolerance, least, most
    )


def _partner(field: str) -> str:
    return field.replace("most", "least") if "most" in field else field.replace("least", "most")


def _day(path: str, value: date, family: str, rule: str, loosens: Literal[-1, 1], within: tuple[date, date]) -> Figure:
    first, last = within
    least, most = Decimal((value - first).days), Decimal((last - value).days)
    return Figure(
        "date", path, "days", value, family, rule, loosens, ONE, max(least, Decimal(0)), max(most, Decimal(0))
    )


def _deadlines(instance: Instance) -> Iterator[Figure]:
    for name, deadline in instance.deadlines.items():
        within = (instance.calendar.start, instance.operation_end)
        yield _day(f"deadlines.{name}.by", deadline.by, "deadlines", f"deadlines.{name}", 1, within)


def _offers(instance: Instance) -> Iterator[Figure]:
    calendar = instance.calendar
    for name, offer in instance.offers.items():
        at, rule = f"offers.{name}", f"offers.{name}"
        yield _offer_price(at, offer, offer.currency or instance.currency)
        if offer.price_per_month:
            yield _price(f"{at}.price_per_month", offer.price_per_month, offer.currency or instance.currency)
        if offer.max_units is not None:
            most = Decimal(offer.max_units)
            least = most - offer.min_units
            yield Figure("supply", f"{at}.max_units", "systems", most, "supply", rule, 1, ONE, least)
        if offer.min_units:
            units = Decimal(offer.min_units)
            room = None if offer.max_units is None else offer.max_units - units
            yield Figure("supply", f"{at}.min_units", "systems", units, "supply", rule, -1, ONE, units, room)
        if offer.supply:
            rates = [Decimal(step.units_per_month) for step in offer.supply]
            path = f"{at}.supply[*].units_per_month"
            yield Figure("supply", path, "systems a month", max(rates), "supply", rule, 1, ONE, min(rates))
        if offer.order_until:
            first = offer.order_from or calendar.start
            yield _day(f"{at}.order_until", offer.order_until, "supply", rule, 1, (first, calendar.end))
        if offer.order_from:
            last = offer.order_until or calendar.end
            yield _day(f"{at}.order_from", offer.order_from, "supply", rule, -1, (calendar.start, last))
        leads = [Decimal(step.days) for step in offer.leads]
        span, room = offer.lead_days_range, Decimal(36_500) - max(leads)
        path = f"{at}.lead_days" if span is None else f"{at}.lead_days_range.most"
        least = min(leads) if span is None else Decimal(span.most - span.least)
        yield Figure("date", path, "days", max(leads), "supply", rule, -1, ONE, least, room)


def _offer_price(at: str, offer: Offer, currency: str) -> Figure:
    """The price of an offer or of its first step; further steps and the prices of tiers move with it."""
    first = offer.price_on()
    others = [(f"{at}.prices[{number}].price", step.price) for number, step in enumerate(offer.prices) if number]
    others += [(f"{at}.tiers[{number}].price", tier.price) for number, tier in enumerate(offer.tiers) if tier.price]
    along = tuple((path, price / first) for path, price in others if price and first)
    return replace(_price(f"{at}.prices[0].price" if offer.prices else f"{at}.price", first, currency), along=along)


def _price(path: str, price: Decimal, currency: str) -> Figure:
    """A price in its own currency, told apart to about a thousandth of it."""
    tolerance = ONE.scaleb(price.adjusted() - 3) if price else CENT
    return Figure("price", path, currency, price, "pricing", "", 0, tolerance, price)


def _sites(instance: Instance) -> Iterator[Figure]:
    for name, site in instance.sites.items():
        if site.opens is not None:
            within = (instance.calendar.start, instance.calendar.end)
            yield _day(f"sites.{name}.opens", site.opens, "siting", f"sites.{name}", -1, within)
        for resource, capacity in site.capacity.items():
            if capacity.amount != "unlimited":
                amounts = [step.amount for step in capacity.amount]
                unit = instance.resources[resource].unit if resource in instance.resources else ""
                at = f"sites.{name}.capacity.{resource}"
                yield Figure("capacity", f"{at}.amount", unit, max(amounts), "facility", at, 1, CENT, min(amounts))
        for cooling, kilowatts in site.rack_kw.items():
            at = f"sites.{name}.rack_kw"
            yield Figure("capacity", f"{at}.{cooling}", "kW", kilowatts, "density", at, 1, CENT, kilowatts - CENT)
        for resource, rule in site.redundancy.items():
            at, spare = f"sites.{name}.capacity.{resource}", 1 if rule.doubled else rule.spare_blocks
            words = ("N", "2N") if rule.doubled else SPARE
            path, most = f"sites.{name}.redundancy.{resource}", Decimal(spare)
            if spare:
                yield Figure("capacity", path, "spare", most, "facility", at, -1, ONE, most, Decimal(0), words)


def _funds(instance: Instance) -> Iterator[Figure]:
    for name, fund in instance.funds.items():
        yield Figure(
            "fund", f"funds.{name}.amount", "money", fund.amount, "funds", f"funds.{name}", 1, CENT, fund.amount
        )


def _caps(instance: Instance) -> Iterator[Figure]:
    for regime_id, regime in instance.export.regimes.items():
        for cap_id, cap in regime.caps.items():
            rule = f"export.regimes.{regime_id}.caps.{cap_id}"
            limits = [limit for path, limit in instance.caps.values() if path == rule]
            if limits:
                unit = unit_of(limits[0])
                tolerance = ONE if unit in ("accelerators", "systems") else CENT
                yield Figure("limit", f"{rule}.at_most", unit, cap.at_most, "limits", rule, 1, tolerance, cap.at_most)


def _demands(instance: Instance) -> Iterator[Figure]:
    for name, work in instance.workloads.items():
        amounts = [step.amount for step in work.demand]
        if work.required and max(amounts):
            at = f"workloads.{name}.demand"
            yield Figure("demand", at, work.unit, max(amounts), "workloads", at, -1, CENT, min(amounts))


def _modules(instance: Instance) -> Iterator[Figure]:
    used = {module for site in instance.sites.values() for module in site.modules}
    for name, module in instance.modules.items():
        if name in used and module.price:
            yield _price(f"modules.{name}.price", module.price, module.currency or instance.currency)
