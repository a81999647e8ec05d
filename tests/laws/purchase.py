"""Cases of the families of purchase: rental, lifetime, levies, funds."""

from __future__ import annotations

from support.builders import POWERED, UNLIMITED, Tree, case, offer, target

TWO_MONTHS: Tree = {"periods": 2}
EURO: Tree = {"EUR": [{"from": "2025-01-01", "rate": 1.5}, {"from": "2025-02-10", "rate": 1.25}]}
CAGE: Tree = {
    "provides": {"protected-power": 12},
    "price": 3,
    "price_per_month": 6,
    "min_months": 4,
    "currency": "EUR",
    "lead_days": 10,
    "life_years": 1,
}

HOSTS = case(
    calendar=TWO_MONTHS,
    systems={"s": {"network_price_usd": 7}},
    offers={
        "o": {"buyer_share": 0.75, "max_units": 2, "spares_share": 0.05, "availability": 0.9},
        "p": offer(max_units=2, price=90, includes=["system", "support", "network"]),
    },
    limits={
        "t": {"measure": "accelerators", "at_least": 6},
        "u": {"measure": "systems", "at_most": 3, "hosts": "include"},
        "s": {"measure": "systems", "stage": "signed", "at_most": 3},
        "h": {"measure": "systems", "at_most_share": 0.8, "select": {"offer": "o"}},
        "c": {"measure": "accelerators", "count": "offers", "counts_from": 7, "at_most": 1},
    },
)
RENTAL = case(
    calendar=TWO_MONTHS,
    economics={"exchange_rates": EURO, "discount_rate_per_year": 0.1},
    systems={"s": POWERED},
    modules={"cage": CAGE},
    sites={"a": {"capacity": UNLIMITED, "modules": {"cage": {"max_units": 2}}}},
    offers={
        "o": {
            "price": 0,
            "price_per_month": 31,
            "min_months": 3,
            "lead_days": 10,
            "acceptance_days": 3,
            "max_units": 2,
            "lot_units": 2,
        },
        "p": offer(max_units=1, price=150, order_until="2025-01-31", currency="EUR", price_per_month=1),
    },
    limits={"t": target(1)},
)
RENTAL_THAT_ENDS = case(
    calendar=TWO_MONTHS,
    economics={"discount_rate_per_year": 0.1, "evaluation_years": 1},
    systems={"s": POWERED},
    sites={
        "a": {
            "capacity": {**UNLIMITED, "protected-power": {"amount": 15, "needs": {"grid-power": 1}}},
            "tariff": {"energy_price_per_kwh": 0.001, "demand_charge_per_kw_month": 0.1},
        }
    },
    offers={
        "o": {
            "price": 1,
            "price_per_month": 31,
            "min_months": 1,
            "notice_days": 20,
            "support_rate_per_year": 0.5,
            "max_units": 1,
        },
        "p": offer(max_units=1, price=150, lead_days=31, order_until="2025-01-31"),
    },
    limits={"t": target(1, by="2025-01-31", soft={"penalty": 9})},
)
RENTAL_BY_LOTS = case(
    calendar=TWO_MONTHS,
    offers={
        "o": {
            "price": 0,
            "price_per_month": 31,
            "min_months": 0,
            "min_units": 4,
            "lot_units": 2,
            "max_units": 4,
            "acceptance_days": 3,
        },
        "p": offer(max_units=1, price=90, lead_days=35, order_until="2025-01-31"),
    },
    limits={"t": target(1, by="2025-01-31")},
    deadlines={"d": {"by": "2025-02-10", "stage": "usable", "select": {"offer": "o"}}},
    objective=[{"minimise": "commissioning", "target": "t"}, {"minimise": "cost"}],
)
RENTED_BEFORE = case(
    calendar=TWO_MONTHS,
    offers={"o": {"price": 0, "price_per_month": 31, "min_months": 1, "max_units": 1}},
    committed={
        "orders": {
            "c": {
                "offer": "o",
                "site": "a",
                "signed": "2024-11-10",
                "units": 1,
                "installed": "2024-11-20",
                "given_back": "2025-01-31",
            }
        }
    },
    limits={"t": target(1, by="2025-01-31", soft={"penalty": 9})},
)
LIFETIME = case(
    calendar=TWO_MONTHS,
    economics={"exchange_rates": EURO, "evaluation_years": 2, "discount_rate_per_year": 0.1},
    systems={"s": POWERED},
    modules={"cage": CAGE},
    sites={"a": {"capacity": UNLIMITED, "modules": {"cage": {"max_units": 2}}}},
    offers={
        "o": {"life_years": 1, "lead_days": 10, "max_units": 2, "lot_units": 2, "currency": "EUR"},
        "p": offer(max_units=1, price=150, order_until="2025-01-31", life_years=3),
    },
    limits={"t": target(1), "b": {"measure": "capex", "by": "2026-06-30", "at_most": 999, "soft": {"penalty": 1}}},
)
LEVIES = case(
    calendar=TWO_MONTHS,
    economics={"exchange_rates": EURO, "discount_rate_per_year": 0.1},
    vendors={"w": {"activation_cost": 9}},
    systems={"s": {"installation_price_usd": 4}},
    sites={"a": {"fixed_cost_per_month": 2}},
    offers={
        "o": {"max_units": 2, "payments": [{"event": "signed", "share": 1, "days_after": 20}]},
        "p": offer(
            vendor="w",
            max_units=1,
            price=80,
            currency="EUR",
            payments=[{"event": "signed", "share": 0.5}, {"event": "ready", "share": 0.5, "currency": "USD"}],
            lead_days=30,
        ),
    },
    levies={
        "vat": {
            "terms": ["purchase", "installation", "site"],
            "rate": 0.1,
            "days_after": 15,
            "recovered_share": 0.8,
            "recovered_days_after": 30,
        },
        "duty": {
            "terms": ["purchase"],
            "rate": [{"from": "2025-01-10", "rate": 0.05}, {"from": "2025-02-15", "rate": 0.08}],
            "exclude": {"vendor": "w"},
        },
        "credit": {
            "kind": "credit",
            "terms": ["purchase", "activation"],
            "rate": 0.15,
            "days_after": 60,
            "select": {"vendor": "w"},
        },
    },
    limits={
        "t": target(1),
        "b": {"measure": "capex", "at_most": 150, "basis": "commitment", "by": "2025-01-31", "soft": {"penalty": 1}},
        "c": {"measure": "spend", "at_most": 150, "by": "2025-02-15", "soft": {"penalty": 1}},
    },
)
FUNDS = case(
    calendar=TWO_MONTHS,
    vendors={"v": {"rebates": [{"from_spend": 200, "rate": 0.25}]}},
    systems={"s": {"installation_price_usd": 10}},
    sites={"b": {}},
    offers={"o": {"max_units": 3, "order_until": "2025-02-01", "sites": ["a"]}, "p": offer(max_units=1, sites=["b"])},
    funds={
        "f": {"amount": 105, "terms": ["purchase"]},
        "g": {"amount": 130, "by": "2025-01-31"},
        "h": {"amount": 90, "from": "2025-02-01", "select": {"site": "a"}},
        "k": {"amount": 5, "terms": ["rebates"]},
    },
    limits={"t": target(0)},
)
ONE_FUND = case(
    calendar=TWO_MONTHS, offers={"o": {"max_units": 2}}, funds={"f": {"amount": 130}}, limits={"t": target(1)}
)

SHARED_FUNDS = case(
    calendar=TWO_MONTHS,
    systems={"s": {"installation_price_usd": 10}},
    funds={"f": {"amount": 90, "terms": ["purchase"]}, "g": {"amount": 130}},
    limits={"t": target(1)},
)
PAID_BACK = case(
    calendar={"periods": 1},
    vendors={"v": {"rebates": [{"from_spend": 300, "rate": 0.4}]}},
    funds={"f": {"amount": 180}},
    limits={"t": target(1)},
)
TOO_LITTLE = case(
    calendar={"periods": 1},
    vendors={"v": {"rebates": [{"from_spend": 300, "rate": 0.4}]}},
    funds={"f": {"amount": 170}},
    limits={"t": target(2)},
)

APPROVALS = case(
    calendar=TWO_MONTHS,
    systems={"s": POWERED},
    modules={
        "permit": {"price": 5, "lead_days": 20},
        "ups": {"provides": {"protected-power": 12}, "price": 11, "lead_days": 0, "after": ["permit"]},
    },
    sites={"a": {"capacity": UNLIMITED, "modules": {"permit": {"max_units": 2}, "ups": {"max_units": 2}}}},
    offers={"o": {"max_units": 2}},
    limits={"t": target(0)},
)
GRANTED = case(
    calendar=TWO_MONTHS,
    systems={"s": POWERED},
    modules={
        "permit": {"price": 5, "lead_days": 20},
        "survey": {"price": 2, "lead_days": 0},
        "ups": {"provides": {"protected-power": 12}, "price": 11, "lead_days": 0, "after": ["permit", "survey"]},
    },
    sites={
        "a": {
            "capacity": UNLIMITED,
            "granted": ["permit"],
            "modules": {"survey": {"max_units": 1}, "ups": {"max_units": 1}},
        }
    },
    offers={"o": {"max_units": 1}},
    limits={"t": target(0)},
)
COMMITMENTS = case(
    calendar=TWO_MONTHS,
    economics={"exchange_rates": EURO, "discount_rate_per_year": 0.1},
    offers={
        "o": {"max_units": 3, "lead_days": 70, "order_until": "2025-01-31", "tiers": [{"from_units": 2, "price": 80}]},
        "p": offer(max_units=2, price=60, currency="EUR", order_from="2025-02-01", fee=5),
    },
    committed={
        "orders": {
            "c": {"offer": "o", "site": "a", "signed": "2024-11-10", "units": 1, "installed": "2025-01-25"},
            "d": {
                "offer": "p",
                "site": "a",
                "signed": "2024-12-05",
                "units": 2,
                "cancel_fee": 9,
                "cancel_fee_share": 0.1,
            },
            "e": {"offer": "p", "site": "a", "signed": "2025-02-01", "units": 1},
        }
    },
    limits={"t": target(1)},
)
BUILT = case(
    calendar=TWO_MONTHS,
    systems={"s": POWERED},
    modules={
        "permit": {"lead_days": 0, "price": 1},
        "ups": {"provides": {"protected-power": 12}, "price": 11, "lead_days": 30, "after": ["permit"]},
    },
    sites={
        "a": {
            "capacity": UNLIMITED,
            "modules": {"ups": {"max_units": 2}, "permit": {"max_units": 1}},
            "opening_cost": 40,
            "build_days": 60,
        }
    },
    offers={"o": {"max_units": 2, "order_until": "2025-01-31"}},
    committed={
        "modules": {
            "m": {"module": "ups", "site": "a", "signed": "2024-12-20"},
            "n": {"module": "ups", "site": "a", "signed": "2024-12-21", "cancel_fee": 3},
        },
        "openings": {"s": {"site": "a", "decided": "2024-12-01"}},
    },
    limits={"t": target(0)},
)
CANCELLABLE = case(
    calendar={"periods": 1},
    committed={"orders": {"c": {"offer": "o", "site": "a", "signed": "2024-11-10", "units": 2, "cancel_fee": 9}}},
    limits={"t": target(0)},
)

CASES: dict[str, list[Tree]] = {
    "approvals": [APPROVALS, GRANTED],
    "commitments": [COMMITMENTS, BUILT, CANCELLABLE],
    "rental": [RENTAL, RENTAL_THAT_ENDS, RENTAL_BY_LOTS, RENTED_BEFORE],
    "lifetime": [LIFETIME],
    "levies": [LEVIES],
    "funds": [FUNDS, ONE_FUND, SHARED_FUNDS, PAID_BACK],
}
ALONE: dict[str, Tree] = {
    "commitments": case(
        offers={"p": offer(price=60)},
        committed={"orders": {"c": {"offer": "o", "site": "a", "signed": "2024-11-10", "units": 1}}},
        limits={"t": target(2)},
    ),
    "approvals": case(
        systems={"s": POWERED},
        modules={
            "permit": {"price": 5, "lead_days": 0},
            "ups": {"provides": {"protected-power": 12}, "price": 11, "lead_days": 0, "after": ["permit"]},
        },
        sites={"a": {"capacity": UNLIMITED, "modules": {"permit": {"max_units": 1}, "ups": {"max_units": 1}}}},
        limits={"t": target(1)},
    ),
    "rental": case(offers={"o": {"price": 0, "price_per_month": 30}, "p": offer(price=110)}, limits={"t": target(1)}),
    "lifetime": case(
        economics={"evaluation_years": 2},
        offers={"o": {"life_years": 1}, "p": offer(price=110)},
        limits={"t": target(1)},
    ),
    "levies": case(
        vendors={"w": {}},
        offers={"p": offer(price=110, vendor="w")},
        levies={"duty": {"terms": ["purchase"], "rate": 0.2, "select": {"vendor": "v"}}},
        limits={"t": target(1)},
    ),
    "funds": case(
        vendors={"w": {}},
        offers={"p": offer(price=110, vendor="w")},
        funds={"f": {"amount": 500, "select": {"vendor": "w"}}},
        limits={"t": target(1)},
    ),
}
