"""What can stand where: by offer and site, the column of installed systems on each state day.

Filled in by supply, with None where nothing can stand yet; whatever else is asked here, is asked once that is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from gpuplan.instance.rentals import is_there
from gpuplan.instance.timeline import last_state
from gpuplan.program.linear import Linear

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

Standing = list[int | None]
"""By state: the column of installed of one offer at one site."""


class Standings:
    """Columns of installed systems, by (offer, site), and what follows from them."""

    def __init__(self, instance: Instance, states: Sequence[date]) -> None:
        self.instance, self.states = instance, states
        self.columns: dict[tuple[str, str], Standing] = {}
        self._growth: dict[tuple[str, str], list[int]] = {}
        self._usable: dict[tuple[str, str, date, bool], Linear] = {}

    def at(self, site: str) -> list[tuple[str, Standing]]:
        """(offer, columns) of every offer that can stand at a site."""
        return self._by_site.get(site, [])

    def of_kind(self, system: str, site: str) -> list[tuple[str, Standing]]:
        """The same of offers of one kind of system."""
        return self._by_kind.get((system, site), [])

    @cached_property
    def _by_site(self) -> dict[str, list[tuple[str, Standing]]]:
        found: dict[str, list[tuple[str, Standing]]] = {}
        for (offer, site), columns in self.columns.items():
            found.setdefault(site, []).append((offer, columns))
        return found

    @cached_property
    def _by_kind(self) -> dict[tuple[str, str], list[tuple[str, Standing]]]:
        found: dict[tuple[str, str], list[tuple[str, Standing]]] = {}
        for (offer, site), columns in self.columns.items():
            found.setdefault((self.instance.quotes[offer].system, site), []).append((offer, columns))
        return found

    def growth_days(self, site: str) -> list[date]:
        """State days on which more systems can stand at a site than the day before."""
        standing = [columns for _, columns in self.at(site)]
        return [
            day
            for state, day in enumerate(self.states)
            if any(columns[state] != (columns[state - 1] if state else None) for columns in standing)
        ]

    def growth(self, system: str, site: str) -> list[int]:
        """By state: the first of the state days in a row, up to it, on which the same systems of a kind stand."""
        if (system, site) not in self._growth:
            some = [columns for _, columns in self.of_kind(system, site)]
            found: list[int] = []
            for state in range(len(self.states)):
                same = state and all(columns[state] == columns[state - 1] for columns in some)
                found.append(found[-1] if same else state)
            self._growth[system, site] = found
        return self._growth[system, site]

    def usable(self, system: str, site: str, day: date, *, of_buyer: bool = False) -> Linear:
        """Systems of one kind usable at a site on a day, bought and already there. Shared, so not to be changed.

        Without what hosts keep, where only the buyer's part is asked for.
        """
        key = (system, site, day, of_buyer)
        if key not in self._usable:
            found = Linear()
            for offer, columns in self.of_kind(system, site):
                if not is_there(offer, day):
                    continue
                quote = self.instance.quotes[offer]
                state = last_state(self.states, day - timedelta(days=quote.acceptance_days))
                column = None if state is None else columns[state]
                if column is not None:
                    found.add(column, float(quote.buyer_share) if of_buyer else 1.0)
            for fleet in self.instance.existing.systems.values():
                if (fleet.system, fleet.site) == (system, site):
                    found.constant += fleet.units
            self._usable[key] = found
        return self._usable[key]
