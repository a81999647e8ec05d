"""Random edits of random instances: any figure moved either way, rules and offers dropped, limits added."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from gpuplan.errors import InvalidInput
from gpuplan.instance.schema import Instance
from gpuplan.whatif.figures import figures

TRIES = 30


def edit_of(instance: Instance, random: Random) -> list[str]:
    """An edit set of one or two edits that makes a valid instance other than this one."""
    for _ in range(TRIES):
        edits = [_one(instance, random) for _ in range(random.choice((1, 1, 2)))]
        try:
            if instance.edited(edits) != instance:
                return edits
        except InvalidInput:
            continue
    return ["name = another"]


def _one(instance: Instance, random: Random) -> str:
    kind = random.randint(1, 10)
    if kind <= 6:
        figure = random.choice(list(figures(instance)))
        direction = random.choice((1, -1))
        size = figure.value if isinstance(figure.value, Decimal) and figure.kind != "date" else Decimal(30)
        move = figure.rounded_up(size * Decimal(random.choice(("0.02", "0.1", "0.5"))))
        room = figure.room(direction)
        move = max(move if room is None else min(move, room), figure.tolerance)
        return figure.edits(direction * move)[0]
    if kind == 7 and instance.limits:
        return f"limits.{random.choice(list(instance.limits))} remove"
    if kind == 8 and len(instance.offers) > 1:
        return f"offers.{random.choice(list(instance.offers))} remove"
    if kind == 9:
        return "limits.added insert {measure: systems, stage: signed, at_most: %d}" % random.randint(1, 4)  # noqa: UP031
    return random.choice(
        (
            "economics.exchange_rates.EUR[*].rate *= 1.1",
            "economics.discount_rate_per_year = 0.05",
            "limits.floor insert {measure: systems, at_least: 1}",
            "vendors[*].activation_cost = 10",
        )
    )
