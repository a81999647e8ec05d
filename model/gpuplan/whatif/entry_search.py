"""The search for the prices at which one offer is in the best plan.

What a plan comes to at another price follows from its decisions alone. So every plan with the offer gives the price up
to which it is good enough, and the best plan just above that price is either better there, which raises the lower end,
or proves the upper one: Newton's method on the least cost with the offer as a function of its price (Dinkelbach, "On
nonlinear fractional programming", Management Science 13, 1967).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Literal

from gpuplan.instance.base import Closed, Id, Text
from gpuplan.instance.base import Figure as Amount
from gpuplan.instance.base import Sequence as Items
from gpuplan.instance.rentals import without_end
from gpuplan.plan.plan import Considered, PlanLevel, Status
from gpuplan.reckoning import reckon
from gpuplan.whatif.answer import Answer, answered
from gpuplan.whatif.bounding import is_added, with_a_lot, without
from gpuplan.whatif.differences import LevelDifference, level_difference
from gpuplan.whatif.effort import Effort
from gpuplan.whatif.figures import Figure, figures

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.decisions import Decisions

Standing = Literal["chosen", "needed", "not chosen", "cannot be chosen"]
Verdict = Literal["in", "out", "unknown"]

NARROW = Decimal("0.001")
"""Share of a price within which its interval counts as told."""
PROBES = 12
"""Searches for one offer at most."""
WIDER = 6
"""How much further from a price that is good enough the next one is where nothing could be told of the last."""
ENDLESS = Decimal("Infinity")
"""What plans must come to where there is none to compare them with: any does."""
HALVINGS = 12
"""Prices at which a plan is looked at, at most, to find the highest that it is good enough at."""
FINER = 0.4
"""Share of what the last step of a price is worth, to which a search is asked to come."""
FINEST = 1e-9
"""The least gap that is asked for."""
HIGHEST = 16
"""Times its price up to which it is looked whether an offer stays in the plan."""


class EntryPrice(Closed):
    """One offer: whether it is in the plan, and at which prices it would be."""

    offer: Id
    vendor: Id
    system: Id
    standing: Standing
    """needed: there is no plan without it. cannot be chosen: no site can take it, whatever its price."""
    units: int
    """In the plan."""
    price: Amount
    """For one system, in the first tier and the first step of a price list; of a rental without a price, a month's."""
    currency: Text
    """That of the offer."""
    per: Literal["system", "system and month"]
    enters_at: Amount | None
    """The highest price found at which a plan with it is as good as the best one known without it; None where none was
    found. At or above its price for an offer of the plan: how far the price may rise. Of one that is needed: the
    highest at which there is a plan at all."""
    stays_out_at: Amount | None
    """The lowest price found at which it is proven that no plan with it is as good."""
    looked_up_to: Amount
    """No higher price was looked at."""
    told: bool
    """Whether the two are within a thousandth of one another, or proven to be nowhere."""
    forced_status: Status | None
    """Of the instance with at least one lot of it, or its minimum order, taken; None where that was not asked."""
    forced: Items[LevelDifference]
    """What that costs at its own price, against the plan."""
    why: Items[Text]
    """What keeps it out: at every site a rule, with its day, whatever its price; or the rules that its least order
    clashes with at its price."""


@dataclass(frozen=True)
class Rival:
    """What a plan must come to, to be as good as another: the levels before the last, and the last one's value."""

    levels: tuple[PlanLevel, ...]
    value: Decimal
    """A plan is as good at no more than this."""
    most: Decimal
    """Plans are proven not to be at more than this."""
    signs: tuple[int, ...]
    """-1 where a level is to be large."""
    slacks: tuple[Decimal, ...]
    """What plans may give up of each level before the last."""

    @classmethod
    def of(cls, instance: Instance, levels: tuple[PlanLevel, ...], value: Decimal) -> Rival:
        """A plan of such levels, whose last one is at a value that is proven of those without the offer."""
        soft = len(levels) - len(instance.objective)  # soft limits come first
        signs = [1] * soft + [-1 if level.maximise is not None else 1 for level in instance.objective]
        given_up = [(Decimal(0), Decimal(0))] * soft
        given_up += [(level.tolerance, level.tolerance_share) for level in instance.objective]
        slacks = [
            level.resolution + amount + share * abs(level.reached)
            for level, (amount, share) in zip(levels, given_up, strict=True)
        ]
        return cls(levels, value, levels[-1].value, tuple(signs), tuple(slacks[:-1]))

    @property
    def sign(self) -> int:
        """Of the last level."""
        return self.signs[-1]

    def is_met(self, values: Sequence[Decimal]) -> bool:
        """Whether a plan that comes to such values is as good: better on a level before, or as good on all of them."""
        for sign, value, level, slack in zip(self.signs, values, self.levels, self.slacks, strict=False):
            worse = sign * (value - level.reached)
            if abs(worse) > slack:
                return worse < 0
        return self.sign * (values[-1] - self.value) <= 0

    def verdict(self, answer: Answer) -> Verdict:
        """What a search for the best plan with the offer says of it."""
        if answer.is_infeasible:
            return "out"
        if not answer.levels:
            return "unknown"
        if self.is_met([level.value for level in answer.levels]):
            return "in"
        for sign, mine, other, slack in zip(self.signs, answer.levels, self.levels, self.slacks, strict=False):
            if sign * (mine.reached - other.reached) > slack:
                is_proven = mine.bound is not None and sign * (mine.bound - other.reached) > slack
                return "out" if is_proven else "unknown"
        bound = answer.levels[-1].bound
        return "out" if bound is not None and self.sign * (bound - self.most) > 0 else "unknown"


@dataclass
class OfferPrices:
    """The search for the prices of one offer."""

    instance: Instance
    offer: str
    base: Answer
    effort: Effort
    until: float
    """Seconds of the effort after which no further search is begun."""
    _plans: list[tuple[Decisions, Decimal]] = field(default_factory=list)
    """Plans with the offer that were met, each with the price that it was made for."""

    def __post_init__(self) -> None:
        assert self.base.plan is not None
        self.decisions = self.base.plan.decisions
        self.units = sum(line.units for line in self.decisions.orders if without_end(line.offer) == self.offer)
        quote = self.instance.offers[self.offer]
        first = "prices[0].price" if quote.prices else "price"
        path = f"offers.{self.offer}.{first if quote.price_on() else 'price_per_month'}"
        self.figure: Figure | None = next((one for one in figures(self.instance) if one.path == path), None)
        self.price = quote.price_on() or quote.price_per_month
        self.step = Decimal(1).scaleb(min(-2, self.price.adjusted() - 5))
        """To which prices are told: to the cent, or to six digits."""

    @property
    def _is_over(self) -> bool:
        return self.effort.is_over() or self.effort.seconds >= self.until

    def looked_at(self) -> EntryPrice:
        """Everything that is told of it."""
        if self.units:
            return self._chosen()
        denied = tuple(f"{one.site}: {one.why}" for one in self._considered() if one.why != "possible, not chosen")
        if all(one.why != "possible, not chosen" for one in self._considered()):
            return self._said("cannot be chosen", None, None, True, why=denied)
        rival = Rival.of(self.instance, self.base.levels, self.base.levels[-1].value)
        forced = self._forced(self.price, None)
        low, high = self._interval(rival, forced)
        levels = tuple(level_difference(*pair) for pair in zip(self.base.levels, forced.levels, strict=False))
        why = self._clash() if forced.is_infeasible else ()
        told = self._is_told(low, high)
        return self._said("not chosen", low, high, told, forced.status, levels, why)

    def _considered(self) -> list[Considered]:
        assert self.base.plan is not None
        return [one for one in self.base.plan.considered if one.offer == self.offer]

    def _chosen(self) -> EntryPrice:
        """Up to which price it stays: the plan is held against the best one without it."""
        own = Rival.of(self.instance, self.base.levels, self.base.levels[-1].value)
        self._plans.append((self.decisions, self.price))
        doing = f"solving without {self.offer}"
        gap, seconds = self._gap(own, self.price), self._seconds() / 2
        other = answered(without(self.instance, self.offer), self.effort, doing, gap=gap, seconds=seconds)
        if other.is_infeasible:
            low, high = self._interval(Rival((), ENDLESS, ENDLESS, (1,), ()), None)
            return self._said("needed", low, high, self._is_told(low, high))
        if other.plan is None or other.bound is None:
            return self._said("chosen", None, None, False)
        rival = Rival.of(self.instance, other.levels, other.bound)
        low, high = self._interval(rival, None)
        low = low if low is not None and low >= self.price else None  # no room is proven, within the gap
        return self._said("chosen", low, high, low is not None and self._is_told(low, high))

    def _said(
        self,
        standing: Standing,
        low: Decimal | None,
        high: Decimal | None,
        told: bool,
        forced_status: Status | None = None,
        forced: tuple[LevelDifference, ...] = (),
        why: tuple[str, ...] = (),
    ) -> EntryPrice:
        quote = self.instance.offers[self.offer]
        return EntryPrice(
            offer=self.offer,
            vendor=quote.vendor,
            system=quote.system,
            standing=standing,
            units=self.units,
            price=self.price,
            currency=quote.currency or self.instance.currency,
            per="system" if quote.price_on() else "system and month",
            enters_at=low,
            stays_out_at=high,
            looked_up_to=HIGHEST * self.price,
            told=told,
            forced_status=forced_status,
            forced=forced,
            why=why,
        )

    def _seconds(self) -> float:
        return max(self.until - self.effort.seconds, 0.05)

    def _is_told(self, low: Decimal | None, high: Decimal | None) -> bool:
        if low is not None and low >= HIGHEST * self.price:
            return True
        if high is None:
            return False
        return high <= self.step if low is None else high <= low * (1 + 2 * NARROW) + self.step

    # Prices

    def _interval(self, rival: Rival, forced: Answer | None) -> tuple[Decimal | None, Decimal | None]:
        """The highest price found at which it is as good, and the lowest at which it is proven not to be."""
        if self.figure is None:
            return None, None  # it costs nothing
        low: Decimal | None = None
        high: Decimal | None = None
        if forced is not None:
            verdict = rival.verdict(forced)
            low, high = (self.price if verdict == "in" else None), (self.price if verdict == "out" else None)
        stuck = 0
        for _ in range(PROBES):
            before, low = low, self._by_plans(rival, low, high)
            stuck = 0 if low != before else stuck
            if self._is_over or self._is_told(low, high):
                break
            probe = self._next(low, high, stuck)
            if probe is None:
                break
            verdict = rival.verdict(self._forced(probe, rival))
            if verdict == "in":
                low = probe if low is None else max(low, probe)
            elif verdict == "out":
                high = probe if high is None else min(high, probe)
            stuck += 1
        return low, high

    def _next(self, low: Decimal | None, high: Decimal | None, stuck: int) -> Decimal | None:
        """The price to look at next: just above what is good enough, and further off each time that no plan met there
        says more; None where none is left."""
        if low is None:
            # Nothing with it is good enough yet: whether it would be for next to nothing.
            return self.step if not stuck and (high is None or high > 2 * self.step) else None
        probe = self._rounded(low * (1 + NARROW * WIDER**stuck)) + self.step
        if high is not None and stuck:
            probe = self._rounded((low + high) / 2)
        return probe if low < probe and (high is None or probe < high) else None

    def _rounded(self, price: Decimal) -> Decimal:
        return (price / self.step).to_integral_value(ROUND_FLOOR) * self.step

    def _by_plans(self, rival: Rival, low: Decimal | None, high: Decimal | None) -> Decimal | None:
        """The highest price at which one of the plans that were met is good enough."""
        for plan, made_for in self._plans:
            at = self._break_even(plan, made_for, rival)
            if at is not None and (low is None or at > low) and (high is None or at < high):
                low = at
        return low

    def _break_even(self, plan: Decisions, made_for: Decimal, rival: Rival) -> Decimal | None:
        """The highest price at which a plan is shown to be good enough: by the line of its cost, and by halving where
        that is no line, or the plan breaks a rule at the price that comes of it."""
        one = self._values(plan, made_for)
        if one is None:
            return None
        good = made_for if rival.is_met(one) else None
        beyond = self._on_line(plan, made_for, one, rival)
        if beyond is None:
            beyond = None if good is None else HIGHEST * self.price
        if beyond is None or beyond <= 0:
            return None
        at = beyond
        for _ in range(HALVINGS):
            values = self._values(plan, at)
            if values is not None and rival.is_met(values):
                good = at if good is None else max(good, at)
                if at == beyond:
                    break
            else:
                beyond = at if good is not None else at - self.step  # the rounding of a schedule, step by step
            at = beyond if good is None else self._rounded((good + beyond) / 2)
            if at <= 0 or (good is not None and at <= good):
                break
        return good

    def _on_line(self, plan: Decisions, made_for: Decimal, one: tuple[Decimal, ...], rival: Rival) -> Decimal | None:
        """The price at which the line of a plan's cost comes to that of the rival; None where the price does not
        decide."""
        if rival.value == ENDLESS:
            return None
        second = self._rounded(made_for / 2)
        two = self._values(plan, second)
        if two is None or one[-1] == two[-1] or not rival.is_met([*one[:-1], rival.value]):
            return None
        if rival.is_met([*one[:-1], rival.value + rival.sign * (abs(rival.value) + 1)]):
            return None  # it is better on a level before
        return self._rounded(made_for + (rival.value - one[-1]) * (made_for - second) / (one[-1] - two[-1]))

    def _values(self, plan: Decisions, price: Decimal) -> tuple[Decimal, ...] | None:
        """What a plan comes to on each level at a price, exactly; None where it breaks a rule there."""
        reckoning = reckon(self._priced(price), plan)
        return None if reckoning.broken else tuple(value for _, _, value in reckoning.levels)

    def _priced(self, price: Decimal) -> Instance:
        assert self.figure is not None
        edits = self.figure.edits(price - self.price)
        return self.instance.edited(edits) if edits else self.instance

    def _forced(self, price: Decimal, rival: Rival | None) -> Answer:
        """The best plan with at least a lot of it, at a price."""
        instance = self.instance if self.figure is None else self._priced(price)
        doing = f"solving with {self.offer} at {price:f}"
        gap, forced = None if rival is None else self._gap(rival, price), with_a_lot(instance, self.offer)
        answer = answered(forced, self.effort, doing, gap=gap, seconds=self._seconds())
        if answer.plan is not None:
            self._plans.append((answer.plan.decisions, price))
        return answer

    def _gap(self, rival: Rival, price: Decimal) -> float:
        """The gap at which it can be told whether plans are as good at a price: a part of what its last step is worth
        in the plans that are known."""
        asked = float(self.effort.options.gap)
        if rival.value == ENDLESS:
            return asked
        steps = []
        for plan, _ in self._plans[-1:]:
            one, two = self._values(plan, price), self._values(plan, self._rounded(price / 2))
            steps += [] if one is None or two is None else [abs(one[-1] - two[-1]) * 2 * NARROW]
        if not steps or not rival.value:
            return asked
        return max(min(asked, FINER * float(max(steps) / abs(rival.value))), FINEST)

    def _clash(self) -> tuple[str, ...]:
        """The rules that clash with a lot of it, as far as they can be named in time."""
        from gpuplan.diagnosis import explain

        forced = with_a_lot(self.instance, self.offer)
        found = explain(forced, self.effort.settings(), min(self._seconds(), 10.0), self.effort.should_stop)
        says = (one.says for one in found.members if not is_added(self.instance, one.path))
        return tuple(f"at its price: {one}" for one in says)
