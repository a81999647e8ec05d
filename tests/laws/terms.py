"""Cases of the terms that real quotes have: prices and days of signing."""

from __future__ import annotations

from support.builders import REMOVED, Tree, case, offer, target

THREE_MONTHS: Tree = {"periods": 3}
PRICE_LIST = case(
    calendar=THREE_MONTHS,
    economics={"discount_rate_per_year": 0.1, "evaluation_years": 2},
    sites={"b": {}},
    vendors={"v": {"rebates": [{"from_spend": 130, "rate": 0.1}]}},
    offers={
        "o": {
            "price": REMOVED,
            "prices": [{"from": "2025-01-01", "price": 90}, {"from": "2025-02-01", "until": "2025-02-20", "price": 60}],
            "tiers": [{"from_units": 2, "discount": 0.2}],
            "max_units": 3,
            "support_rate_per_year": 0.1,
            "spares_share": 0.05,
            "life_years": 1,
            "sites": ["a"],
        },
        "p": offer(
            price=REMOVED,
            prices=[{"from": "2025-01-10", "price": 70}, {"from": "2025-03-01", "price": 50}],
            support_rate_per_year=0.2,
            life_years=3,
            max_units=1,
            sites=["b"],
        ),
    },
    limits={"t": target(1)},
)
PRICE_LIST_STEPS = case(
    calendar=THREE_MONTHS,
    economics={"evaluation_years": 2},
    vendors={"v": {"rebates": [{"from_spend": 150, "rate": 0.1}]}},
    offers={
        "o": {
            "price": REMOVED,
            "prices": [{"from": "2024-12-01", "price": 100}, {"from": "2025-02-01", "price": 60}],
            "tiers": [{"from_units": 2, "discount": 0.5, "fee": 9}, {"from_units": 3, "price": 20}],
            "tier_pricing": "incremental",
            "max_units": 4,
            "life_years": 1,
        }
    },
    limits={"t": target(1)},
)
SIGNING_DAYS = case(
    calendar=THREE_MONTHS,
    economics={"discount_rate_per_year": 0.1},
    sites={"b": {}},
    vendors={"v": {"activation_cost": 30}},
    offers={
        "o": {
            "order_from": "2025-01-20",
            "fee": 9,
            "max_units": 2,
            "tiers": [{"from_units": 2, "price": 80, "fee": 20}],
        },
        "p": offer(order_from="2025-01-24", award_days=20, fee=5, max_units=1, order_until="2025-02-10", sites=["b"]),
    },
    limits={"t": target(1), "b": {"measure": "spend", "by": "2025-01-20", "at_most": 140, "soft": {"penalty": 1}}},
)

DUTY = case(
    calendar=THREE_MONTHS,
    offers={"o": {"max_units": 2}, "p": offer(price=170, max_units=1, spares_share=0.1)},
    levies={
        "duty": {
            "terms": ["purchase", "spares"],
            "rate": [{"from": "2025-01-01", "rate": 1.45}, {"from": "2025-03-01", "rate": 0.3}],
            "select": {"offer": "o"},
        }
    },
    limits={"t": target(1, by="2025-02-20")},
)

FREE_UNITS = case(
    calendar=THREE_MONTHS,
    economics={"discount_rate_per_year": 0.1, "evaluation_years": 2},
    vendors={"v": {"rebates": [{"from_spend": 150, "rate": 0.1}]}},
    offers={
        "o": {
            "price": REMOVED,
            "prices": [{"from": "2025-01-01", "price": 100}, {"from": "2025-02-01", "price": 60}],
            "tiers": [{"from_units": 3, "discount": 0.2}],
            "free_units": {"buy": 1, "free": 2},
            "max_units": 4,
            "life_years": 1,
        },
    },
    limits={"t": target(1)},
)
FREE_UNITS_ALONE = case(
    calendar={"periods": 2},
    vendors={"v": {"rebates": [{"from_spend": 200, "rate": 0.1}]}},
    offers={"o": {"free_units": {"buy": 2, "free": 1}, "max_units": 6, "order_until": "2025-02-20"}},
    limits={"t": target(1), "b": {"measure": "spend", "by": "2025-02-10", "at_most": 350, "soft": {"penalty": 1}}},
)

EARLY_ORDER = case(
    calendar=THREE_MONTHS,
    economics={"evaluation_years": 2},
    vendors={"v": {"rebates": [{"from_spend": 140, "rate": 0.1}]}},
    offers={
        "o": {
            "early_order": {"until": "2025-02-10", "discount": 0.1},
            "tiers": [{"from_units": 2, "price": 80}],
            "tier_pricing": "incremental",
            "max_units": 3,
            "support_rate_per_year": 0.1,
            "spares_share": 0.05,
            "life_years": 1,
        },
        "p": offer(price=70, max_units=1, early_order={"until": "2025-01-10", "discount": 1}, order_from="2025-01-10"),
    },
    limits={"t": target(1)},
)

WARRANTY = case(
    calendar=THREE_MONTHS,
    economics={"evaluation_years": 4, "discount_rate_per_year": 0.1},
    offers={
        "o": {
            "warranty_years": 1,
            "support_rate_per_year": 0.1,
            "acceptance_days": 9,
            "lead_days": 12,
            "life_years": 2,
            "lot_units": 2,
            "max_units": 2,
        },
        "p": offer(price=150, max_units=1, warranty_years=3, support_rate_per_year=0.2),
    },
    limits={"t": target(1)},
)

ONLY_WITH = case(
    calendar={"periods": 2},
    sites={"b": {}},
    vendors={"w": {}},
    offers={
        "o": {"only_with": {"offer": ["p"], "vendor": "w"}, "max_units": 2, "min_units": 2, "sites": ["a"]},
        "p": offer(price=300, max_units=1, only_with={"offer": "o"}),
        "q": offer(price=250, max_units=1, vendor="w", order_until="2025-01-31"),
    },
    limits={"t": target(1)},
)
ONLY_WITH_ALONE = case(
    offers={"o": {"only_with": {"offer": "p"}}, "p": offer(price=300), "q": offer(price=250)}, limits={"t": target(1)}
)

CASES: dict[str, list[Tree]] = {
    "pricing": [PRICE_LIST, PRICE_LIST_STEPS, FREE_UNITS, FREE_UNITS_ALONE, EARLY_ORDER, WARRANTY],
    "supply": [SIGNING_DAYS],
    "levies": [DUTY],
    "conditions": [ONLY_WITH],
}
