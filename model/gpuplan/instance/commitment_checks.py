"""Checks of what is committed; see `gpuplan.instance.checks`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from gpuplan.errors import Problem
from gpuplan.instance.calendar import days_in_month
from gpuplan.instance.commitments import (
    Cancellable,
    CommittedOpening,
    CommittedOrder,
    SignedQuote,
    cancel_day,
    is_over,
    signed_under,
)
from gpuplan.instance.routes import routes

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance


def commitments(instance: Instance) -> Iterator[Problem]:
    """Commitments that no order could be, or that say the same thing twice."""
    yield from _days(instance)
    yield from _quotes(instance)
    yield from _orders(instance)
    yield from _places(instance)


def _days(instance: Instance) -> Iterator[Problem]:
    """Each thing once on a day, on one on which it is decided or before all, with a day left to cancel it on."""
    firsts = {period.first for period in instance.calendar.all_periods}
    committed, start, cancels = instance.committed, instance.calendar.start, cancel_day(instance)
    seen: set[tuple[object, ...]] = set()
    for kind, some in committed.by_kind().items():
        for name, one in some.items():
            path = f"committed.{kind}.{name}"
            day = one.decided if isinstance(one, CommittedOpening) else one.signed
            what = (one.offer, one.route) if isinstance(one, CommittedOrder) else getattr(one, "module", "")
            key = (kind, what, one.site, day)
            if key in seen:
                yield Problem("the same thing is committed twice on this day", "Join the two.", path)
            seen.add(key)
            if day >= start and day not in firsts and not _is_signed_on(instance, one, day):
                way_out = "Name the first day of a period, or start the calendar later."
                yield Problem(f"{day} is in the calendar and no first day of a period", way_out, path)
            if not isinstance(one, CommittedOpening) and one.may_be_cancelled and not is_over(instance, day):
                way_out = (
                    "State committed.until, or start the calendar after it, so that there is a day to cancel it on."
                )
                yield Problem(f"it is signed on {day}, so it cannot be cancelled on {cancels}", way_out, path)


def _is_signed_on(instance: Instance, one: Cancellable | CommittedOpening, day: date) -> bool:
    """Whether an order is of a day within a period on which it could be signed, or of one that is over."""
    if not isinstance(one, CommittedOrder):
        return False
    return is_over(instance, day) or day in instance.signing_days.get((signed_under(instance, one), one.site), ())


def _quotes(instance: Instance) -> Iterator[Problem]:
    """Quotes with ids of their own, each named by orders of its offer or module alone."""
    committed = instance.committed
    for name, kept in (*committed.quotes.items(), *committed.module_quotes.items()):
        if name in instance.offers or name in instance.modules:
            section = "quotes" if isinstance(kept, SignedQuote) else "module_quotes"
            way_out = "Name it otherwise, such as by the day of signing."
            yield Problem("an offer or a module has this id", way_out, f"committed.{section}.{name}")
    for name, order in committed.orders.items():
        if order.quote is not None and committed.quotes[order.quote].offer != order.offer:
            fault = f"quote {order.quote} is not one of offer {order.offer}"
            yield Problem(fault, "Name another quote.", f"committed.orders.{name}")
    for name, module in committed.modules.items():
        if module.quote is not None and committed.module_quotes[module.quote].module != module.module:
            fault = f"quote {module.quote} is not one of module {module.module}"
            yield Problem(fault, "Name another quote.", f"committed.modules.{name}")


def _orders(instance: Instance) -> Iterator[Problem]:
    """Orders of whole lots that can come to their site, in a way that there is, by the day that they stand."""
    for name, order in instance.committed.orders.items():
        path, used = f"committed.orders.{name}", signed_under(instance, order)
        quote = instance.quotes[used]
        if order.site not in instance.offer_sites(used):
            yield Problem(f"offer {order.offer} is not for site {order.site}", "Add it to the offer's sites.", path)
        if order.units % quote.lot_units:
            yield Problem(f"{order.units} units are no whole lots of {quote.lot_units}", "State whole lots.", path)
        if not quote.has_price_on(order.signed):
            way_out = "State that step, or name the quote that it was signed under."
            yield Problem(f"offer {order.offer} has no price on {order.signed}", way_out, path)
        ways = [way.name for way in routes(instance, used, order.site, order.signed)]
        if order.route not in ways:
            known = ", ".join(ways) if any(ways) else "none, as there is only one way"
            yield Problem(f"export control has no way {order.route!r} for it", f"State route: {known}.", path)
        yield from _given_back(instance, path, order)
        arrives = min(way.days.installed for way in routes(instance, used, order.site, order.signed))
        if order.installed is not None and order.installed < arrives:
            way_out = "Shorten the offer's lead_days from its day of signing on, or move installed."
            yield Problem(f"by its offer's days it can be installed on {arrives} at the soonest", way_out, path)


def _given_back(instance: Instance, path: str, order: CommittedOrder) -> Iterator[Problem]:
    """A day on which what is rented is given back: the last of a month, before the last of the calendar."""
    day, calendar = order.given_back, instance.calendar
    if day is None:
        return
    if not instance.quotes[signed_under(instance, order)].price_per_month:
        yield Problem("what is bought is not given back", "Leave given_back out.", f"{path}.given_back")
    if day.day != days_in_month(day) or not calendar.start <= day < calendar.end:
        way_out = (
            f"Name the last day of a month before {calendar.end}; leave it out of what stays to the end or longer."
        )
        yield Problem(f"{day} is no last day of a month of the calendar but its last", way_out, f"{path}.given_back")


def _places(instance: Instance) -> Iterator[Problem]:
    """Modules that their site lists, and openings that are decisions."""
    committed = instance.committed
    for name, module in committed.modules.items():
        if module.module not in instance.sites[module.site].modules:
            way_out = f"Add sites.{module.site}.modules.{module.module}."
            yield Problem(f"site {module.site} does not list it", way_out, f"committed.modules.{name}")
    for name, opening in committed.openings.items():
        site = instance.sites[opening.site]
        if not (site.opening_cost or site.fixed_cost_per_month or site.build_days):
            way_out = "Leave it out: the site is open without a decision."
            yield Problem(f"site {opening.site} costs nothing to open", way_out, f"committed.openings.{name}")
