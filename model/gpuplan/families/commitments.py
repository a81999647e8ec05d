r"""Commitments: what is signed, ordered or decided already stays, or is cancelled for a fee.

A commitment is an order of the plan like any other: it takes its place in supply, tiers, capacity and cash. At least so
many units are signed for on its day; on a day that is over, before the calendar or up to `until`, just as many, where
no fee is stated. With a fee, units may be cancelled on the first day that is not over: then they are not signed for at
all, and the fee is all that is paid for them. Systems that stand already stay. What was signed for under a quote that
has changed since, or is withdrawn, keeps what was agreed, as orders under that quote.

$$ \ell_o n^{\mathrm{orders}}_{ost} \ge U_c, \quad n^{\mathrm{modules}}_{mst} \ge U_c, \quad
n^{\mathrm{opening}}_{st} = 1 \quad \forall\, c; \qquad
\mathrm{cancellation} = \sum_c \phi_c\, (U_c - \ell_o n^{\mathrm{orders}}_{ost});
\qquad n^{\mathrm{installed}}_{osk} \ge \sum_{c:\, d_c \le D_k} U_c \quad \forall\, o, s, k $$

| symbol | meaning | unit |
| --- | --- | --- |
| $n^{\mathrm{orders}}_{ost}$ | lots signed for (`orders`) | lots |
| $n^{\mathrm{modules}}_{mst}$ | modules signed for (`modules`) | modules |
| $n^{\mathrm{opening}}_{st}$ | whether the opening is decided on a day (`opening`) | 0 or 1 |
| $n^{\mathrm{installed}}_{osk}$ | systems installed on a state day (`installed`) | systems |
| $U_c$ | committed `units` | systems, modules |
| $\phi_c$ | fee for each, from `cancel_fee` and `cancel_fee_share` | money |
| $d_c, D_k$ | day from which systems stand; state day | day |
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from gpuplan.families.family import Denial, Family
from gpuplan.fraction import Fraction
from gpuplan.instance.commitments import CommittedOrder, agreed_module, cancel_day, signed_under
from gpuplan.instance.matching import Subject
from gpuplan.instance.prices import rate
from gpuplan.instance.rentals import is_there, without_end
from gpuplan.ledger.entries import Entry, entry
from gpuplan.ledger.reading import Reading
from gpuplan.program.linear import Linear
from gpuplan.program.problem import Flow, Group

if TYPE_CHECKING:
    from gpuplan.instance.commitments import CommittedModule
    from gpuplan.instance.routes import Route
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem

NAME = "commitments"
UNTIL = "committed.until"
"""Path of the rule that nothing more is decided on days that are over."""


def path(kind: str, name: str) -> str:
    """Path of a commitment: of an order, of modules, of an opening."""
    return f"committed.{kind}.{name}"


def fee(instance: Instance, one: CommittedOrder | CommittedModule) -> Fraction:
    """What it costs to cancel one unit, in the reporting currency."""
    if isinstance(one, CommittedOrder):
        quote = instance.quotes[signed_under(instance, one)]
        price, currency = quote.price_on(one.signed), quote.currency
    else:
        module = agreed_module(instance, one.module, one.site, one.signed)
        price, currency = module.price, module.currency
    return Fraction(one.fee(price)) * rate(instance, currency, cancel_day(instance))


def rows(problem: Problem) -> None:
    """At least what is committed, and what stands; a fee for what is not signed for although it may be cancelled."""
    committed = problem.instance.committed
    number = {day: position for position, day in problem.days.items()}
    for name, order in committed.orders.items():
        quote = signed_under(problem.instance, order)
        lot = problem.instance.quotes[quote].lot_units
        signings = problem.signings.get((quote, order.site), ())
        signed = Linear(
            (column, float(lot))
            for period, column in signings
            if period == number[order.signed] and problem.routes[column].name in (order.route, "")
        )
        subject = Subject.of_offer(problem.instance, quote, order.site)
        _keep(problem, "orders", name, order, signed, subject)
    for name, module in committed.modules.items():
        built = Linear()
        column = problem.columns.get("modules", module.module, module.site, number[module.signed])
        if column is not None:
            built.add(column, 1.0)
        _keep(problem, "modules", name, module, built, Subject(site=module.site, module=module.module))
    for name, opening in committed.openings.items():
        if problem.is_on(NAME, path("openings", name)):
            column = problem.columns.get("opening", opening.site, number[opening.decided])
            decided = Linear() if column is None else Linear([(column, 1.0)])
            problem.rows.add(("committed", "openings", name), decided, at_least=1.0)
    _standing_rows(problem)


def _keep(
    problem: Problem,
    kind: str,
    name: str,
    one: CommittedOrder | CommittedModule,
    signed: Linear,
    subject: Subject,
) -> None:
    """A row for what must stay, or the fee for what does not."""
    if not one.may_be_cancelled:
        if problem.is_on(NAME, path(kind, name)):
            problem.rows.add(("committed", kind, name), signed, at_least=float(one.units))
        return
    cancelled = signed.times(-1.0)
    cancelled.constant += float(one.units)
    day = cancel_day(problem.instance)
    payments = problem.payments([(day, fee(problem.instance, one))])
    problem.flows.append(Flow("cancellation", day, subject, cancelled, payments))


def standing(instance: Instance) -> dict[tuple[str, str], list[tuple[date, int, str]]]:
    """By offer and site: (day, units, commitment) of what stands from a day on, in order."""
    found: dict[tuple[str, str], list[tuple[date, int, str]]] = defaultdict(list)
    for name, order in instance.committed.orders.items():
        if order.installed is not None:
            found[signed_under(instance, order), order.site].append((order.installed, order.units, name))
    return {pair: sorted(some) for pair, some in found.items()}


def _standing_rows(problem: Problem) -> None:
    for (offer, site), some in standing(problem.instance).items():
        kept = [(day, units) for day, units, name in some if problem.is_on(NAME, path("orders", name))]
        for state, day in enumerate(problem.states):
            least = sum(units for since, units in kept if since <= day)
            if least and is_there(offer, day):
                columns = problem.standings.columns.get((offer, site))
                column = None if columns is None else columns[state]
                there = Linear() if column is None else Linear([(column, 1.0)])
                problem.rows.add(("stands", offer, site, state), there, at_least=float(least))


def readings(recount: Recount) -> Iterator[Reading]:
    """What is signed for against what is committed, and what stands against what must."""
    instance, committed = recount.instance, recount.instance.committed
    for name, order in committed.orders.items():
        if not order.may_be_cancelled:
            detail = f"{order.offer} signed for {order.site} on {order.signed}"
            units = Fraction(_ordered(recount, order))
            yield Reading(NAME, path("orders", name), detail, units, "systems", Fraction(order.units))
    for name, module in committed.modules.items():
        if not module.may_be_cancelled:
            detail = f"{module.module} ordered for {module.site} on {module.signed}"
            units = Fraction(_built(recount, module))
            yield Reading(NAME, path("modules", name), detail, units, "modules", Fraction(module.units))
    for name, opening in committed.openings.items():
        there = [
            line for line in recount.decisions.openings if (line.site, line.decided) == (opening.site, opening.decided)
        ]
        detail = f"{opening.site} decided on {opening.decided}"
        yield Reading(NAME, path("openings", name), detail, Fraction(len(there)), "openings", Fraction(1))
    for (offer, site), some in standing(instance).items():
        for day in recount.states:
            least = sum(units for since, units, _ in some if since <= day)
            if least and is_there(offer, day):
                detail = f"{offer} standing at {site} on {day}"
                units = Fraction(recount.installed_on(offer, site, day))
                yield Reading(NAME, path("orders", some[0][2]), detail, units, "systems", Fraction(least))


def _ordered(recount: Recount, order: CommittedOrder) -> int:
    key = (signed_under(recount.instance, order), order.site, order.signed, order.route)
    lines = recount.decisions.orders
    return sum(line.units for line in lines if (line.offer, line.site, line.signed, line.route) == key)


def _built(recount: Recount, module: CommittedModule) -> int:
    key = (module.module, module.site, module.signed)
    return sum(line.units for line in recount.decisions.modules if (line.module, line.site, line.signed) == key)


def entries(recount: Recount) -> Iterator[Entry]:
    """Fees for what is cancelled."""
    instance, committed = recount.instance, recount.instance.committed
    day = cancel_day(instance)
    for order in committed.orders.values():
        cancelled = order.units - _ordered(recount, order) if order.may_be_cancelled else 0
        if cancelled and fee(instance, order):
            subject = Subject.of_offer(instance, signed_under(instance, order), order.site)
            yield entry(instance, "cancellation", day, cancelled * fee(instance, order), subject, day)
    for module in committed.modules.values():
        cancelled = module.units - _built(recount, module) if module.may_be_cancelled else 0
        if cancelled and fee(instance, module):
            subject = Subject(site=module.site, module=module.module)
            yield entry(instance, "cancellation", day, cancelled * fee(instance, module), subject, day)


def denies_signing(instance: Instance, offer: str, _site: str, way: Route) -> Iterator[Denial]:
    """On a day that is over; and under a quote that has changed since or is withdrawn."""
    signed, until = way.days.signed, instance.committed.until
    if until is not None and instance.calendar.start <= signed <= until:
        yield Denial(Group(NAME, UNTIL), f"nothing more is signed up to {until}")
    if offer not in instance.on_offer:
        yield Denial(Group(NAME, f"committed.quotes.{without_end(offer)}"), "nothing more is signed under this quote")


def groups(instance: Instance) -> list[str]:
    """Every commitment that cannot be cancelled; and that nothing more is signed on days that are over."""
    committed = instance.committed
    found = [path("orders", name) for name, one in committed.orders.items() if not one.may_be_cancelled]
    found += [path("modules", name) for name, one in committed.modules.items() if not one.may_be_cancelled]
    found += [path("openings", name) for name in committed.openings]
    return found + ([UNTIL] if committed.until is not None else [])


def sentence(instance: Instance, at: str) -> str:
    """What is committed."""
    if at == UNTIL:
        return f"nothing more is signed up to {instance.committed.until}"
    _, kind, name = at.split(".", 2)
    if kind == "orders":
        order = instance.committed.orders[name]
        return f"{order.units} systems of {order.offer} are signed for {order.site} on {order.signed}"
    if kind == "modules":
        module = instance.committed.modules[name]
        return f"{module.units} of {module.module} are ordered for {module.site} on {module.signed}"
    opening = instance.committed.openings[name]
    return f"the opening of {opening.site} was decided on {opening.decided}"


def repair(_instance: Instance, reading: Reading) -> str:
    """How much of it is missing."""
    return f"{reading.path}: {int(reading.shortfall)} more {reading.unit}: {reading.detail}"


FAMILY = Family(
    name=NAME,
    title="Commitments",
    kind="physical",
    groups=groups,
    denies_signing=denies_signing,
    sentence=sentence,
    repair=repair,
    rows=rows,
    readings=readings,
    entries=entries,
)
