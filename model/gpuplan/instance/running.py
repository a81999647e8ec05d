"""From when on, and at which draw, a delivered system is charged what it costs to run.

A system is installed as soon as its site is open and has what it needs. Until then it waits, and is charged as if it
ran: from the day on which its own installation is done or, where that is later, on which its site can first be open and
have any of all that one system needs. So nothing is saved by leaving systems in their boxes, and neither how long they
wait nor the days that rules look at change what a plan costs. The draw of one that waits is the largest that its
providers can give rise to. Where an instance says that systems are installed when needed, none is charged while it
waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from gpuplan.fraction import Fraction
from gpuplan.instance.commitments import is_over, signed_under
from gpuplan.instance.facility import GRID_POWER, LOAD_CASES, RACK_POSITIONS, LoadCase
from gpuplan.instance.loads import system_needs, takes_rack_space
from gpuplan.instance.providers import Network, Provider, can_hold_from, network

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.instance.timeline import LotDays


class Draw(NamedTuple):
    """Grid draw of one system in kW, through the providers of its site."""

    least: Fraction
    most: Fraction


class Running:
    """What is charged for running, worked out when first asked for."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self._networks: dict[str, Network] = {}
        self._through: dict[tuple[str, LoadCase], dict[str, Draw]] = {}
        self._draws: dict[tuple[str, str, LoadCase], Draw] = {}
        self._open: dict[tuple[str, str], date] = {}

    def since(self, offer: str, site: str, days: LotDays, route: str) -> date:
        """Day from which the systems of a lot are charged: that on which they could stand, as far as is stated."""
        key = (self.instance.quotes[offer].system, site)
        if key not in self._open:
            self._open[key] = can_hold_from(self.instance, self.network(site), *key)
        return max(self.arrived(offer, site, days, route), self._open[key])

    def arrived(self, offer: str, site: str, days: LotDays, route: str) -> date:
        """Day from which the systems of a lot can be installed; that on which they were, where they stand already."""
        stands = self._standing.get((offer, site, days.signed, route), days.installed)
        return max(days.installed, stands)

    @cached_property
    def _standing(self) -> dict[tuple[str, str, date, str], date]:
        """By offer, site, day of signing and route: since when what was signed for before the calendar stands."""
        return {
            (signed_under(self.instance, one), one.site, one.signed, one.route): one.installed
            for one in self.instance.committed.orders.values()
            if one.installed is not None and is_over(self.instance, one.signed)
        }

    def network(self, site: str) -> Network:
        """Providers of a site."""
        if site not in self._networks:
            self._networks[site] = network(self.instance, site)
        return self._networks[site]

    def draw(self, system: str, site: str, case: LoadCase) -> Draw:
        """What one system at a site draws from the grid, at least and at most; rack positions draw nothing."""
        key = (system, site, case)
        if key not in self._draws:
            through = self._draws_through(site, case)
            needs = system_needs(self.instance, system, site, case)
            self._draws[key] = Draw(
                sum((Fraction(need) * through[resource].least for resource, need in needs.items()), Fraction(0)),
                sum((Fraction(need) * through[resource].most for resource, need in needs.items()), Fraction(0)),
            )
        return self._draws[key]

    def charged(self, system: str, site: str, case: LoadCase) -> Draw:
        """The same as it is charged while a system waits: nothing where systems are installed when needed."""
        if self.instance.installation == "when-needed":
            return Draw(Fraction(0), Fraction(0))
        return self.draw(system, site, case)

    def drawn_by(self, site: str, provider: Provider, case: LoadCase) -> Fraction:
        """The least that a provider at a site draws from the grid for a unit that it delivers."""
        through = self._draws_through(site, case)
        return sum(
            (Fraction(need.in_case(case)) * through[one].least for one, need in provider.needs.items()), Fraction(0)
        )

    def is_known(self, system: str, site: str) -> bool:
        """Whether the draw of a system at a site is the same whichever providers deliver, and whatever stands there."""
        draws = (self.charged(system, site, case) for case in LOAD_CASES)
        positions = self.network(site).providers.get(RACK_POSITIONS, ())
        shared = takes_rack_space(self.instance.systems[system]) and any(one.needs for one in positions)
        return not shared and all(draw.least == draw.most for draw in draws)

    def _draws_through(self, site: str, case: LoadCase) -> dict[str, Draw]:
        """By resource: what a unit of it draws from the grid."""
        if (site, case) not in self._through:
            least, most = self._followed(site, case, min), self._followed(site, case, max)
            self._through[site, case] = {one: Draw(least[one], most[one]) for one in self.instance.resources}
        return self._through[site, case]

    def _followed(
        self, site: str, case: LoadCase, extreme: Callable[[Iterable[Fraction]], Fraction]
    ) -> dict[str, Fraction]:
        """By resource: the least or the most that a unit draws; each round goes one provider deeper."""
        net, resources = self.network(site), self.instance.resources
        factors = {one: Fraction(about.coincidence if case == "design" else 1) for one, about in resources.items()}
        found = {one: factors[one] if one == GRID_POWER else Fraction(0) for one in resources}
        for _ in resources:
            before = dict(found)
            for one in resources:
                drawn = [
                    sum((Fraction(need.in_case(case)) * before[of] for of, need in provider.needs.items()), Fraction(0))
                    for provider in net.providers.get(one, ())
                    if provider.can_deliver
                ]
                if drawn and one != GRID_POWER:
                    found[one] = factors[one] * extreme(drawn)
            if found == before:
                break
        return found
