"""What the textbook model does not state, because generated instances do not use it: refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gpuplan.instance.rules import BY_WAY, Level

if TYPE_CHECKING:
    from gpuplan.instance.facility import Module, Site
    from gpuplan.instance.offers import Offer
    from gpuplan.instance.rules import Limit
    from gpuplan.instance.schema import Instance


def refuse_unstated(instance: Instance) -> None:
    """Raise NotImplementedError with the name of every feature that an instance uses and the model does not state."""
    found = list(dict.fromkeys(_unstated(instance)))
    if found:
        raise NotImplementedError(f"the textbook model does not state {', '.join(found)}")


def _unstated(instance: Instance) -> Iterator[str]:
    committed = instance.committed
    firsts = {period.first for period in instance.calendar.all_periods}
    features = {
        "signing within a period": {day for days in instance.signing_days.values() for day in days} - firsts,
        "another objective than cost": [level for level in instance.objective if level != Level(minimise="cost")],
        "export control": instance.export.regimes,
        "levies": instance.levies,
        "funds": instance.funds,
        "existing systems": instance.existing.systems,
        "commitments": [*committed.orders, *committed.modules, *committed.openings],
        "hosting": instance.hosted_sites,
    }
    yield from (name for name, used in features.items() if used)
    for offer in instance.offers.values():
        yield from _of_offer(offer)
    for site in instance.sites.values():
        yield from _of_site(site)
    for module in instance.modules.values():
        yield from _of_module(module)
    for workload in instance.workloads.values():
        if not workload.required:
            yield "work that need not be done"
        if workload.split == "one_system":
            yield "work on one kind of system"
    for kind in instance.clusters.values():
        if kind.needs or kind.needs_per_system:
            yield "needs of clusters"
        if kind.all_systems:
            yield "clusters of all systems"
    for limit in instance.limits.values():
        yield from _of_limit(limit)
    for deadline in instance.deadlines.values():
        if deadline.stage == "usable" or deadline.applies_to != "offers":
            yield "deadlines on use or on modules"


def _of_offer(offer: Offer) -> Iterator[str]:
    if offer.max_units is None:
        yield "offers without max_units"
    if any(tier.fee for tier in offer.tiers):
        yield "fees of further tiers"
    if offer.life_years is not None:
        yield "lifetimes"
    if offer.price_per_month:
        yield "rental"
    if offer.prices or offer.early_order:
        yield "prices by the day of signing"
    if offer.free_units:
        yield "free units"
    if offer.warranty_years:
        yield "warranties"
    if offer.only_with:
        yield "offers that go together"
    if offer.buyer_share != 1:
        yield "parts that hosts keep"


def _of_site(site: Site) -> Iterator[str]:
    if any(rule.doubled for rule in site.redundancy.values()):
        yield "redundancy 2N"


def _of_module(module: Module) -> Iterator[str]:
    if module.after:
        yield "approvals"
    if module.life_years is not None:
        yield "lifetimes"
    if module.price_per_month:
        yield "colocation"


def _of_limit(limit: Limit) -> Iterator[str]:
    fields = {*limit.select.given, *(limit.exclude.given if limit.exclude else ())}
    if limit.kind == "work" or limit.measure == "grid-power-kw":
        yield f"limits on {limit.measure}"
    if limit.kind == "money" and (fields or limit.basis != "cash" or not limit.is_amount):
        yield "limits on a part of the money, or on what is committed"
    if limit.kind == "units" and (limit.stage != "usable" or limit.delivery != "planned" or fields & BY_WAY):
        yield "limits on what is signed, shipped or under licence"
    if limit.soft is not None and limit.soft.penalty is None:
        yield "priorities of soft limits"
    if limit.count is not None and (
        limit.count != "vendors" or limit.counts_from_share is None or limit.at_most is not None or limit.soft
    ):
        yield "counts other than of at least so many vendors of a share"
