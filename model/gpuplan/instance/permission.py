"""What export control asks of a delivery on a day: the regimes that are in force, read for every party and destination.

Regimes stack: what each of them asks holds, and the strictest decides. Within a regime the first cell that fits holds.
What cannot be told for lack of a fact is undetermined, unless every possible answer is the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from gpuplan.instance.calendar import step_at
from gpuplan.instance.classification import Classification, classify, doubtful_fields, figures
from gpuplan.instance.country_groups import members_on
from gpuplan.instance.matching import Subject, facts, selects
from gpuplan.instance.regimes import LICENCES, STRICTNESS, Cell, Outcome, Regime, Ruling

if TYPE_CHECKING:
    from gpuplan.instance.base import Share
    from gpuplan.instance.schema import Instance


@dataclass(frozen=True, slots=True)
class Ground:
    """What one regime asks of a delivery on the day on which it is read, and why."""

    regime: str
    """The regime whose cell holds."""
    outcome: Outcome
    days: int
    """Of notice or of processing a licence."""
    cap: tuple[str, str] | None
    """(regime, cap) that it counts against."""
    refusal: Share | None
    """Probability that the licence is refused; None when unknown."""
    citation: str
    why: str
    classes: tuple[str, ...]
    """Of the chip; several when its figures leave it open."""
    rests_on: tuple[str, ...]
    """Figures of low confidence without which the outcome would be another."""
    day: date
    """On which the regime was read."""
    condition: str
    """What is asked beside the outcome; shown, and not reckoned with."""


class Delivery(NamedTuple):
    """What a reading depends on."""

    accelerator: str
    destination: str | None
    """Country of the site."""
    parties: tuple[str | None, ...]
    """Headquarters of the buyer, the vendor and their parents; None where not known."""
    exported_from: str | None


Rulings = Mapping[str, tuple[Ground, ...]]
"""By route: what every regime asks. The route of an only way has no name."""


def strictest(grounds: Sequence[Ground]) -> Outcome:
    """The strictest outcome; free when nothing is asked."""
    return max((ground.outcome for ground in grounds), key=STRICTNESS.index, default="free")


@dataclass(eq=False)
class Permissions:
    """The regimes of an instance, read when first asked."""

    instance: Instance
    _read: dict[tuple[Delivery, date, frozenset[str]], Rulings] = field(default_factory=dict)
    _between: dict[tuple[Delivery, int, frozenset[str]], Rulings] = field(default_factory=dict)
    _classes: dict[tuple[str, str, str], Classification] = field(default_factory=dict)

    def delivery(self, offer: str, site: str) -> Delivery | None:
        """What readings of an offer at a site depend on; None when it delivers no accelerators."""
        instance = self.instance
        quote = instance.quotes[offer]
        chip = instance.systems[quote.system].accelerator
        if chip is None:
            return None
        buyer, vendor = instance.export.buyer, instance.vendors[quote.vendor]
        parents = tuple(one for one in (buyer.parent, vendor.parent_country) if one is not None)
        parties = tuple(dict.fromkeys((buyer.headquarters, vendor.country, *parents)))
        return Delivery(chip, instance.sites[site].country, parties, quote.exported_from)

    def on(self, delivery: Delivery, day: date, without: frozenset[str] = frozenset()) -> Rulings:
        """What the regimes ask of a delivery on a day, those left out aside."""
        key = (delivery, day, without)
        if key not in self._read:
            # Between two changes of the rules all days are alike.
            alike = (delivery, bisect_right(self.changes, day), without)
            if alike not in self._between:
                self._between[alike] = self._every_regime(delivery, day, without)
            self._read[key] = {
                route: tuple(replace(ground, day=day) for ground in grounds)
                for route, grounds in self._between[alike].items()
            }
        return self._read[key]

    @cached_property
    def changes(self) -> list[date]:
        """Days from which something in some regime is another than on the day before."""
        found: set[date] = set()
        for regime in self.instance.export.regimes.values():
            found |= {step.start for step in regime.licence_days or ()}
            groups = (*regime.groups.values(), *regime.headquarters.values())
            found |= {step.start for membership in groups for step in membership}
            spans = [(regime.effective, regime.until), *((cell.start, cell.until) for cell in regime.cells)]
            found |= {start for start, _ in spans if start is not None}
            found |= {until + timedelta(days=1) for _, until in spans if until is not None}
        return sorted(found)

    @cached_property
    def delays(self) -> frozenset[int]:
        """Days by which a licence or a notice may put off shipping."""
        found = {0}
        for regime in self.instance.export.regimes.values():
            found |= {regime.notice_days, *(step.days for step in regime.licence_days or ())}
            rulings = [one for cell in regime.cells for one in (cell.ruling, *(cell.routes or {}).values())]
            found |= {one.days for one in rulings if one is not None and one.days is not None}
        return frozenset(found)

    def chip_class(self, regime: str, accelerator: str, hidden: str = "") -> Classification:
        """The class of a chip under a regime that has classes of its own, a figure of it hidden where one is named."""
        key = (regime, accelerator, hidden)
        if key not in self._classes:
            known = figures(accelerator, self.instance.accelerators[accelerator], [hidden] if hidden else [])
            self._classes[key] = classify(known, self.instance.export.regimes[regime].classes)
        return self._classes[key]

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """Regimes that amend none."""
        return tuple(name for name, regime in self.instance.export.regimes.items() if regime.amends is None)

    def _every_regime(self, delivery: Delivery, day: date, without: frozenset[str]) -> Rulings:
        combined: Rulings = {"": ()}
        for base in self.bases:
            if base not in without and self.instance.export.regimes[base].is_in_force(day):
                for party in delivery.parties:
                    reading = _Reading(self, base, delivery, party, day, without)
                    combined = _together(combined, reading.rulings())
        return combined


def _together(one: Rulings, other: Rulings) -> Rulings:
    """Both are asked: routes of the same name go together, a nameless way with every route."""
    found: dict[str, tuple[Ground, ...]] = {}
    for name, grounds in one.items():
        for also, more in other.items():
            if name and also and name != also:
                if name.split(".")[0] == also.split(".")[0]:
                    continue  # two ways of one regime are not taken at once
                route = f"{name}+{also}"
            else:
                route = name or also
            found[route] = tuple(dict.fromkeys((*grounds, *more)))
    return found


@dataclass
class _Reading:
    """One regime with what amends it, read for one party on one day."""

    permissions: Permissions
    base: str
    delivery: Delivery
    party: str | None
    day: date
    without: frozenset[str]

    def rulings(self) -> Rulings:
        """By route: the ground that the regime gives."""
        chip = self.delivery.accelerator
        plain = self.permissions.chip_class(self.base, chip)
        found = self._of_classes(plain)
        rests_on = []
        for one in doubtful_fields(self.permissions.instance.accelerators[chip]):
            without = self.permissions.chip_class(self.base, chip, one)
            if without.classes != plain.classes and not _alike(self._of_classes(without), found):
                rests_on.append(f"accelerators.{chip}.{one}")
        return {
            f"{ground.regime}.{route}" if route else "": (_resting(ground, tuple(rests_on)),)
            for route, ground in found.items()
        }

    @cached_property
    def chain(self) -> tuple[tuple[str, Regime], ...]:
        """The regimes whose cells are read, the latest amendment first."""
        regimes = self.permissions.instance.export.regimes
        amending = [
            (name, regime)
            for name, regime in regimes.items()
            if self.base in (regime.amends or ()) and name not in self.without and regime.is_in_force(self.day)
        ]
        amending.sort(key=lambda one: one[1].effective, reverse=True)
        return (*amending, (self.base, regimes[self.base]))

    def _of_classes(self, classification: Classification) -> dict[str, Ground]:
        possible: list[tuple[str, Cell | None]] = []
        open_facts: dict[str, None] = {}
        for chip_class in classification.classes:
            for name, cell, unknown in self._cells(chip_class):
                possible.append((name, cell))
                open_facts |= dict.fromkeys(unknown)
        rulings = [_asked(cell) for _, cell in possible]
        if rulings and all(_unconditional(ruling) == _unconditional(rulings[0]) for ruling in rulings):
            name, cell = possible[0]
            return {
                route: self._ground(name, cell, ruling, classification.classes) for route, ruling in rulings[0].items()
            }
        if len(classification.classes) != 1:
            open_facts |= {f"accelerators.{self.delivery.accelerator}.{one}": None for one in classification.missing}
        outcomes = dict.fromkeys(ruling.outcome for one in rulings for ruling in one.values())
        ways = " or ".join(sorted(outcomes, key=STRICTNESS.index)) or "nothing that its table says"
        why = f"{ways}, since {' and '.join(open_facts)} is not stated" if open_facts else ways
        return {"": self._ground(self.base, None, Ruling(outcome="undetermined", reason=why), classification.classes)}

    def _cells(self, chip_class: str) -> Iterator[tuple[str, Cell | None, tuple[str, ...]]]:
        """(regime, cell, facts that leave it open) of every cell that may hold; no cell where none surely does."""
        for name, regime in self.chain:
            for cell in regime.cells:
                if not cell.is_in_force(self.day):
                    continue
                verdicts = self._verdicts(regime, cell, chip_class)
                holds = _all_of(verdicts.values())
                if holds is not False:
                    yield name, cell, tuple(what for what, one in verdicts.items() if one is None)
                if holds is True:
                    return
        yield self.base, None, ()

    def _verdicts(self, regime: Regime, cell: Cell, chip_class: str) -> dict[str, bool | None]:
        """Whether each condition of a cell holds, by the fact that it asks for."""
        buyer = self.permissions.instance.export.buyer
        return {
            "the group of the site's country": self._in_location(regime, cell),
            "every party's headquarters": self._in_headquarters(regime, cell),
            "the class": cell.chips is None or chip_class in cell.chips,
            "export.buyer.state_funded": _same(cell.state_funded, buyer.state_funded),
            "the lists of export.buyer": cell.listed is None or cell.listed in buyer.listed,
            "the owners of export.buyer": _is_owned(cell, buyer.owned_by),
            "the offer's exported_from": cell.exported_from is None
            or (None if self.delivery.exported_from is None else self.delivery.exported_from in cell.exported_from),
        }

    def _in_location(self, regime: Regime, cell: Cell) -> bool | None:
        country = self.delivery.destination
        if cell.location is None:
            return True
        if country is None:
            return None
        return _any_of([self._is_in(country, place, regime, cell) for place in cell.location])

    def _is_in(self, country: str, place: str, regime: Regime, cell: Cell) -> bool | None:
        """Whether a country is in a group; one that is in no group is in one of the open ones."""
        owner = next((one for one in (regime, *(one for _, one in self.chain)) if place in one.groups), None)
        if owner is None:
            return country == place
        members = {group: members_on(membership, self.day) for group, membership in owner.groups.items()}
        if any(country in some for some in members.values()):
            return country in members[place]
        if place not in owner.open_groups:
            return False
        return True if set(owner.open_groups) <= set(cell.location or ()) else None

    def _in_headquarters(self, regime: Regime, cell: Cell) -> bool | None:
        if cell.headquarters is None:
            return True
        if self.party is None:
            return None
        owners = (regime, *(one for _, one in self.chain))
        for name in cell.headquarters:
            group = next((owner.headquarters[name] for owner in owners if name in owner.headquarters), None)
            if self.party == name or (group is not None and self.party in members_on(group, self.day)):
                return True
        return False

    def _ground(self, name: str, cell: Cell | None, ruling: Ruling, classes: tuple[str, ...]) -> Ground:
        regime = self.permissions.instance.export.regimes[name]
        base = self.permissions.instance.export.regimes[self.base]
        days = 0
        if ruling.outcome in LICENCES:
            schedule = regime.licence_days or base.licence_days
            step = step_at(schedule, self.day) or schedule[0] if schedule else None
            days = ruling.days if ruling.days is not None else step.days if step else 0
        elif ruling.outcome == "notify":
            days = ruling.days if ruling.days is not None else regime.notice_days or base.notice_days
        stated = ruling.refusal if ruling.refusal is not None else regime.refusal
        refusal = (base.refusal if stated is None else stated) if ruling.outcome in LICENCES else None
        return Ground(
            name,
            ruling.outcome,
            days,
            None if ruling.cap is None else (name, ruling.cap),
            refusal,
            (cell.citation if cell is not None else "") or regime.citation,
            ruling.reason or self._told(cell, classes),
            classes,
            (),
            self.day,
            ruling.condition,
        )

    def _told(self, cell: Cell | None, classes: tuple[str, ...]) -> str:
        parts = [f"class {' or '.join(classes)}"]
        if self.delivery.destination is not None:
            parts.append(f"to {self.delivery.destination}")
        if cell is not None and cell.headquarters is not None:
            parts.append(f"for a party of {self.party}")
        if cell is not None and cell.start is not None:
            parts.append(f"from {cell.start} on")
        return ", ".join(parts)


def _any_of(verdicts: Iterable[bool | None]) -> bool | None:
    """True when one is; None when none is and one is open."""
    seen = list(verdicts)
    return True if True in seen else None if None in seen else False


def _all_of(verdicts: Iterable[bool | None]) -> bool | None:
    """False when one is; None when none is and one is open."""
    seen = list(verdicts)
    return False if False in seen else None if None in seen else True


def _asked(cell: Cell | None) -> dict[str, Ruling]:
    if cell is None:
        return {"": Ruling(outcome="undetermined", reason="the regime's table does not say")}
    return dict(cell.rulings())


def _unconditional(rulings: Mapping[str, Ruling]) -> dict[str, Ruling]:
    """Rulings without what is asked beside them, by which they are not told apart."""
    return {route: ruling.model_copy(update={"condition": ""}) for route, ruling in rulings.items()}


def _is_owned(cell: Cell, owned_by: Mapping[str, Share]) -> bool:
    """Whether owners on a cell's list are among listed ones that together own as much as it asks."""
    if cell.affiliate_of is None or cell.owned_at_least is None:
        return True
    return cell.affiliate_of in owned_by and sum(owned_by.values()) >= cell.owned_at_least


def _same(wanted: bool | None, known: bool | None) -> bool | None:
    if wanted is None:
        return True
    return None if known is None else known == wanted


def _alike(one: Mapping[str, Ground], other: Mapping[str, Ground]) -> bool:
    """Whether two readings ask the same, whatever their reasons."""

    def asked(grounds: Mapping[str, Ground]) -> dict[str, tuple[object, ...]]:
        return {route: (ground.outcome, ground.days, ground.cap, ground.refusal) for route, ground in grounds.items()}

    return asked(one) == asked(other)


def _resting(ground: Ground, rests_on: tuple[str, ...]) -> Ground:
    return replace(ground, rests_on=rests_on) if rests_on else ground


def refused(instance: Instance, offer: str, site: str, ground: Ground) -> bool:
    """Whether a ground forbids a delivery, as the instance reads the regimes."""
    export = instance.export
    if ground.outcome == "undetermined":
        accepted = export.accept_undetermined
        return accepted is None or not selects(accepted, facts(instance, Subject.of_offer(instance, offer, site)))
    return ground.outcome == "denied" or (ground.outcome == "case-by-case" and export.case_by_case == "denied")
