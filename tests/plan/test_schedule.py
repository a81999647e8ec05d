"""When to act: the chain of events behind the day of a target, and the last days for each of them."""

from __future__ import annotations

from support.answers import plan_of
from support.builders import POWERED, UNLIMITED, Tree, case, merged, target

STEPS = tuple[str, str, str, str | None]


def chain(tree: Tree) -> list[STEPS]:
    """(event, of, day, latest) of the first target's steps."""
    found = plan_of(tree).critical_path
    return [
        (step.event, step.offer or step.module or step.site, str(step.day), str(step.latest) if step.latest else None)
        for step in found
        if step.limit == "t"
    ]


def last_days(tree: Tree) -> dict[str, tuple[str | None, str | None]]:
    """(tender, sign) of the first target, by what it is for."""
    return {
        line.offer or line.module or f"opening {line.site}": (
            str(line.tender) if line.tender else None,
            str(line.sign) if line.sign else None,
        )
        for line in plan_of(tree).latest
        if line.limit == "t"
    }


BUILT: Tree = case(
    calendar={"start": "2025-01-01", "periods": 6},
    systems={"s": POWERED},
    offers={"o": {"acceptance_days": 10, "lead_days": 20}},
    modules={
        "permit": {"price": 5, "lead_days": 20},
        "ups": {
            "provides": {"protected-power": 12},
            "price": 11,
            "lead_days": 60,
            "after": ["permit"],
            "award_days": 31,
            "order_until": "2025-02-01",
        },
    },
    sites={"a": {"capacity": UNLIMITED, "modules": {"permit": {}, "ups": {"max_units": 1}}}},
    limits={"t": target(1, by="2025-05-31")},
)


def test_a_lot_alone_decides_its_day() -> None:
    """Proves the chain of a lot: 30 + 10 + 5 + 4 days from 1 February, each with its latest day before 30 April.

    Latest: 30 April less 49 days is 12 March; 15 days of tender before that.
    """
    tree = case(
        calendar={"periods": 4},
        offers={
            "o": {
                "award_days": 15,
                "lead_days": 30,
                "shipping_days": 10,
                "installation_days": 5,
                "acceptance_days": 4,
                "order_from": "2025-02-01",
                "order_until": "2025-03-20",
            }
        },
        limits={"t": target(1)},
        objective=[{"minimise": "commissioning", "target": "t"}, {"minimise": "cost"}],
    )
    tree["limits"]["b"] = {"measure": "systems", "stage": "signed", "at_least": 1, "by": "2025-02-15"}
    assert chain(tree) == [
        ("tender", "o", "2025-01-17", "2025-02-25"),
        ("sign", "o", "2025-02-01", "2025-03-12"),
        ("ship", "o", "2025-03-03", "2025-04-11"),
        ("deliver", "o", "2025-03-13", "2025-04-21"),
        ("install", "o", "2025-03-18", "2025-04-26"),
        ("accept", "o", "2025-03-22", "2025-04-30"),
    ]


def test_what_a_lot_waited_for_decides_its_day() -> None:
    """Proves the chain of a facility: permit 1 to 21 January, UPS ordered on 1 February, complete on 2 April.

    The systems are installed by 21 May at the latest, ten days before the target: so the UPS may be ordered by
    1 February (its window closes then, though 22 March would do), and the permit applied for by 12 January.
    """
    tree = merged(BUILT, {"offers": {"o": {"order_until": "2025-01-31"}}})
    found = chain(tree)
    assert found[:5] == [
        ("order", "permit", "2025-01-01", "2025-01-12"),
        ("complete", "permit", "2025-01-21", "2025-02-01"),
        ("tender", "ups", "2025-01-01", "2025-01-01"),
        ("order", "ups", "2025-02-01", "2025-02-01"),
        ("complete", "ups", "2025-04-02", "2025-04-02"),
    ]
    assert [step[0] for step in found[5:]] == ["install", "accept"]


def test_last_days_are_told_for_modules_and_approvals_too() -> None:
    """Proves the last days: systems by 1 May (20 + 10 days), UPS by its window, the permit 20 days before."""
    assert last_days(BUILT) == {
        "o": ("2025-05-01", "2025-05-01"),
        "permit": ("2025-01-12", "2025-01-12"),
        "ups": ("2025-01-01", "2025-02-01"),
    }


def test_an_opening_is_decided_early_enough() -> None:
    """Proves sites: 40 days of building, power on by 20 February for ten days of acceptance: decide by 11 January."""
    tree = case(
        sites={"a": {"build_days": 40}},
        offers={"o": {"acceptance_days": 10}},
        limits={"t": target(1, by="2025-03-02")},
    )
    assert last_days(tree)["opening a"] == (None, "2025-01-11")
    assert ("open", "a", "2025-02-10", "2025-02-20") in chain(tree)


def test_a_target_that_nothing_counts_for_has_no_chain() -> None:
    """Proves that a target of nothing decides no day."""
    assert chain(case(limits={"t": target(0)})) == []
