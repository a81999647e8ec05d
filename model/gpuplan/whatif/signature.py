"""The signature of a plan: who of the vendors, models or sites counts, or in which months is signed.

One counts from a share of all accelerators (systems, where an instance has none) that are signed for, so that an idle
vendor switched on, or a token purchase, changes nothing. Signatures are always recounted from a plan's orders in exact
arithmetic; the program has a switch for each thing, and rows without a big-M where a signature is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from gpuplan.errors import Problem
from gpuplan.fraction import Fraction
from gpuplan.instance.matching import Subject, facts

if TYPE_CHECKING:
    from gpuplan.formulation import Formulation
    from gpuplan.instance.schema import Instance
    from gpuplan.plan.plan import Plan
    from gpuplan.program.linear import Linear
    from gpuplan.program.problem import Problem as Program

Trait = Literal["vendors", "models", "sites", "months"]
SWITCH = ("counts", "signature")
"""How the key of a switch begins; its trait and name follow."""
TRAITS: tuple[Trait, ...] = ("vendors", "models", "sites", "months")
Thing = tuple[Trait, str]
Signature = frozenset[Thing]


@dataclass(frozen=True)
class Signing:
    """What makes up a signature: the traits looked at, and the share from which a thing counts."""

    traits: tuple[Trait, ...] = ("vendors",)
    counts_from_share: Decimal = Decimal("0.01")

    def faults(self) -> Iterator[Problem]:
        """What makes no sense in it."""
        if not self.traits or set(self.traits) - set(TRAITS):
            said = ", ".join(self.traits) or "nothing"
            yield Problem(f"{said} makes no signature", f"Known: {', '.join(TRAITS)}.", "by")
        if not 0 < self.counts_from_share <= 1:
            message = f"{self.counts_from_share} is no share to count from"
            yield Problem(message, "State above 0, to 1.", "counts_from_share")

    def of(self, instance: Instance, plan: Plan) -> Signature:
        """The signature of a plan, from its orders."""
        amounts: dict[Thing, int] = {}
        total = 0
        for line in plan.decisions.orders:
            units = line.units * worth(instance, line.offer)
            total += units
            for thing in self._things(instance, line.offer, line.site, f"{line.signed:%Y-%m}"):
                amounts[thing] = amounts.get(thing, 0) + units
        least = Fraction(self.counts_from_share) * total
        return frozenset(thing for thing, amount in amounts.items() if amount and amount >= least)

    def _things(self, instance: Instance, offer: str, site: str, month: str) -> Iterator[Thing]:
        subject = Subject.of_offer(instance, offer, site)
        known = facts(instance, subject)
        of = {
            "vendors": subject.vendor,
            "models": known["accelerator"] or subject.system,
            "sites": site,
            "months": month,
        }
        for trait in self.traits:
            yield trait, str(of[trait] or "")

    def amounts(self, problem: Program) -> tuple[dict[Thing, Linear], Linear]:
        """By thing, what is signed for of it, and all that is."""
        from gpuplan.program.linear import Linear

        found: dict[Thing, Linear] = {}
        whole = Linear()
        for (offer, site), signings in problem.signings.items():
            each = problem.instance.quotes[offer].lot_units * worth(problem.instance, offer)
            for period, column in signings:
                whole.add(column, each)
                month = f"{problem.days[period]:%Y-%m}"
                for thing in self._things(problem.instance, offer, site, month):
                    found.setdefault(thing, Linear()).add(column, each)
        return found, whole

    def only(self, signature: Signature) -> Callable[[Formulation], Formulation]:
        """Asks for plans of one signature, by one row for each thing."""

        def alter(formulation: Formulation) -> Formulation:
            problem = formulation.problem
            problem.rows.family = "signature"
            amounts, whole = self.amounts(problem)
            for thing in sorted(signature - set(amounts)):
                # It cannot be bought at all: no plan has this signature.
                problem.rows.add(("counts", *thing), whole.times(0.0), at_least=1.0)
            for thing, amount in amounts.items():
                over, step = self._over(amount, whole)
                if thing in signature:
                    problem.rows.add(("counts", *thing), over, at_least=0.0)
                    problem.rows.add(("any", *thing), amount, at_least=1.0)
                else:
                    self._does_not_count(problem, thing, over, step, amount, signature)
            return formulation

        return alter

    def _does_not_count(
        self, problem: Program, thing: Thing, over: Linear, step: float, amount: Linear, signature: Signature
    ) -> None:
        if signature:
            problem.rows.add(("below", *thing), over, at_most=-step)
        else:
            problem.rows.add(("below", *thing), amount, at_most=0.0)

    def _over(self, amount: Linear, whole: Linear) -> tuple[Linear, float]:
        """What is above the share, in whole numbers, and the smallest step of it."""
        share = Fraction(self.counts_from_share)
        over = amount.times(float(share.denominator)).plus(whole, -float(share.numerator))
        return over, 1.0

    def other_than(self, known: Iterable[Signature]) -> Callable[[Formulation], Formulation]:
        """Asks for plans of no known signature: a switch for each thing, and a row for each signature."""
        signatures = tuple(known)

        def alter(formulation: Formulation) -> Formulation:
            from gpuplan.program.linear import Linear

            problem = formulation.problem
            problem.rows.family = "signature"
            amounts, whole = self.amounts(problem)
            switches = {thing: self._switch(problem, thing, amount, whole) for thing, amount in amounts.items()}
            for number, signature in enumerate(signatures):
                differs, least = Linear(), 1.0
                for thing, switch in switches.items():
                    differs.add(switch, -1.0 if thing in signature else 1.0)
                    least -= 1.0 if thing in signature else 0.0
                problem.rows.add(("differs", number), differs, at_least=least)
            return formulation

        return alter

    def _switch(self, problem: Program, thing: Thing, amount: Linear, whole: Linear) -> int:
        """A switch that is 1 exactly where a thing counts; of nothing bought, nothing counts."""
        from gpuplan.program.linear import Linear

        switch = problem.strategic(*SWITCH, *thing)
        over, step = self._over(amount, whole)
        path = f"alternatives.{thing[0]}"
        most, least = problem.bounded(over, path), problem.bounded(over.times(-1.0), path)
        # Nothing bought makes the row of what does not count 0 <= -step: a plan without orders has its own switch.
        nothing = problem.columns.get("nothing", "signature")
        if nothing is None:
            nothing = problem.strategic("nothing", "signature")
            bound = problem.bounded(whole, path)
            problem.rows.add(("nothing", "signature"), Linear().plus(whole).add(nothing, bound), at_most=bound)
        below = Linear().plus(over).add(switch, -(most + step)).add(nothing, -step)
        problem.rows.add(("below", *thing), below, at_most=-step)
        problem.rows.add(("counts", *thing), Linear().plus(over).add(switch, -least), at_least=-least)
        problem.rows.add(("any", *thing), Linear().plus(amount).add(switch, -1.0), at_least=0.0)
        return switch


def worth(instance: Instance, offer: str) -> int:
    """Accelerators of a system of an offer; 1 where systems of the instance have none."""
    each = [instance.systems[one.system].accelerators for one in instance.quotes.values()]
    return instance.systems[instance.quotes[offer].system].accelerators if all(each) else 1


def shown(signature: Signature) -> dict[str, tuple[str, ...]]:
    """A signature by trait, in the order of the alphabet."""
    found: dict[str, tuple[str, ...]] = {}
    for trait, name in sorted(signature):
        found[trait] = (*found.get(trait, ()), name)
    return found
