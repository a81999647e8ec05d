r"""Export control: what may be signed for which site, by which way, and how long licences take.

Each regime gives one outcome for a chip's class, the parties' headquarters, the site's country and a day. It is read at
signing and at shipping, and the stricter outcome holds: a signing of offer $o$ for site $s$ in period $t$ by way $w$ is
a variable only if neither forbids it,

$$ n^{\mathrm{orders}}_{ostw} \text{ exists only if } \max\big(\omega_w(d^{\mathrm{signed}}_t),
\omega_w(d^{\mathrm{shipped}}_{ostw})\big) < \mathrm{denied}, \qquad
d^{\mathrm{shipped}}_{ostw} = d^{\mathrm{signed}}_t + \max(\lambda_o, \ell_w) $$

Caps and quotas are rows of the limits. Where a licence may be refused, a limit can count what is expected or certain,

$$ n^{\mathrm{delivered}}_{osk} \le n^{\mathrm{installed}}_{osk}, \qquad
n^{\mathrm{delivered}}_{osk} \le \sum_{t,w:\, d^{\mathrm{installed}}_{ostw} \le D_k} p_w\, \ell_o\,
n^{\mathrm{orders}}_{ostw} \quad \forall\, o, s, k $$

| symbol | meaning | unit |
| --- | --- | --- |
| $n^{\mathrm{orders}}_{ostw}$ | lots signed for by a way (`orders`) | lots |
| $n^{\mathrm{delivered}}_{osk}$ | systems that count as expected, or at worst (`delivered`) | systems |
| $\omega_w(d)$ | what is asked on a day, from free to denied | |
| $\lambda_o, \ell_w$ | manufacturing lead; days of notice or licence | days |
| $p_w$ | probability that every licence is granted; at worst 0 unless it is 1 | |
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gpuplan.families.family import Denial, Family
from gpuplan.fraction import Fraction
from gpuplan.ledger.reading import Reading
from gpuplan.program.problem import Group

if TYPE_CHECKING:
    from gpuplan.instance.permission import Ground
    from gpuplan.instance.routes import Route
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount

NAME = "export"


def path(regime: str) -> str:
    """Path of a regime."""
    return f"export.regimes.{regime}"


def denies_signing(instance: Instance, offer: str, site: str, way: Route) -> Iterator[Denial]:
    """Every regime that forbids a signing, on its own day or on that of shipping."""
    for ground in way.denials(instance, offer, site):
        yield Denial(Group(NAME, path(ground.regime)), in_words(instance, ground, way))


def in_words(instance: Instance, ground: Ground, way: Route) -> str:
    """What a regime asks and why, with its rule and the day from which it holds."""
    event = "signed" if ground.day == way.days.signed else "shipped"
    since = instance.export.regimes[ground.regime].effective
    return f"export {ground.outcome} when {event}: {ground.why} ({ground.regime} from {since} on, {ground.citation})"


def readings(recount: Recount) -> Iterator[Reading]:
    """Lots by ways that export control does not know: none. What it forbids is read with every other denial."""
    for regime in recount.instance.export.regimes:
        unknown = sum(lot.units for lot in recount.lots if lot.way is None)
        yield Reading(NAME, path(regime), "by an unknown way", Fraction(unknown), "systems", None, Fraction(0))


def sentence(instance: Instance, at: str) -> str:
    """The regime, its citation and when it holds."""
    regime = instance.export.regimes[at.removeprefix("export.regimes.")]
    until = f" to {regime.until}" if regime.until else " on"
    return f"{regime.name or at} ({regime.citation}) holds from {regime.effective}{until}"


def repair(_instance: Instance, reading: Reading) -> str:
    """How many systems are in the way."""
    return f"{reading.path}: {float(reading.shortfall):g} systems fewer {reading.detail}"


FAMILY = Family(
    name=NAME,
    title="Export control",
    kind="policy",
    groups=lambda instance: [path(regime) for regime in instance.export.regimes],
    sentence=sentence,
    repair=repair,
    denies_signing=denies_signing,
    readings=readings,
)
