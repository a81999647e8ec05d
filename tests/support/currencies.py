"""The same instance in another unit of its reporting currency: every amount of money times a factor, nothing else.

Amounts of other currencies stay as they are, and their exchange rates are multiplied instead. Written field by field
and without a look at how the program counts money, so that it can be held against it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from support.builders import Tree

MONEY = {
    "offers": ("price", "fee", "price_per_month"),
    "vendors": ("activation_cost",),
    "modules": ("price", "price_per_month"),
    "sites": ("opening_cost", "fixed_cost_per_month"),
    "clusters": ("price", "price_per_system"),
}
"""Amounts of money by section, in the currency of their entity."""
TARIFF = ("energy_price_per_kwh", "adders_per_kwh", "demand_charge_per_kw_month")
IN_USD = ("network_price_usd", "storage_price_usd", "installation_price_usd")
OF_MONEY = ("capex", "opex", "spend")


def in_units(tree: Tree, factor: Decimal) -> Tree:
    """The tree with its reporting currency in a unit of which so many make one of before."""
    found = _copied(tree)
    economics = found.setdefault("economics", {})
    currency = economics.get("currency", "USD")
    for rates in economics.get("exchange_rates", {}).values():
        for rate in rates:
            rate["rate"] = _times(rate["rate"], factor)
    _each(economics, ("carbon_price_per_tonne",), factor)
    for section, fields in MONEY.items():
        for entity in found.get(section, {}).values():
            if entity.get("currency") in (None, currency):
                _each(entity, fields, factor)
                for tier in entity.get("tiers", ()):
                    _each(tier, ("price", "fee"), factor)
                for step in entity.get("prices", ()):
                    _each(step, ("price",), factor)
                for rebate in entity.get("rebates", ()):
                    _each(rebate, ("from_spend",), factor)
    for site in found.get("sites", {}).values():
        tariff = site.get("tariff")
        if tariff and tariff.get("currency") in (None, currency):
            _each(tariff, TARIFF, factor)
            for season in (tariff.get("seasons") or {}).values():
                for hours in season["hours"].values():
                    _each(hours, ("price_per_kwh",), factor)
    for workload in found.get("workloads", {}).values():
        if workload.get("currency") in (None, currency):
            prices = workload.get("transit_price_per_unit_month", {})
            _each(prices, tuple(prices), factor)
    if currency == "USD":
        for system in found.get("systems", {}).values():
            _each(system, IN_USD, factor)
    for fund in found.get("funds", {}).values():
        _each(fund, ("amount",), factor)
    for kind in ("orders", "modules"):
        for one in found.get("committed", {}).get(kind, {}).values():
            sold = found["offers" if kind == "orders" else "modules"].get(one.get("offer", one.get("module")), {})
            if sold.get("currency") in (None, currency):
                _each(one, ("cancel_fee",), factor)
    _rules(found, factor)
    return found


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list | tuple) else value


def _rules(tree: Tree, factor: Decimal) -> None:
    """Limits and levels: bounds, scales and tolerances of money, and penalties in money for what is none."""
    for limit in tree.get("limits", {}).values():
        is_money = limit["measure"] in OF_MONEY and limit.get("count") is None
        if is_money:
            _each(limit, ("at_most", "at_least"), factor)
        soft = limit.get("soft")
        if soft:
            _each(soft, ("scale",) if is_money else ("penalty",), factor)
    for level in tree.get("objective", ()):
        aim = level.get("maximise") or level.get("minimise")
        if aim == "cost" or (isinstance(aim, dict) and aim.get("measure") in OF_MONEY):
            _each(level, ("tolerance",), factor)


def _each(entity: Tree, fields: tuple[str, ...], factor: Decimal) -> None:
    for field in fields:
        if entity.get(field) is not None:
            entity[field] = _times(entity[field], factor)


def _times(amount: Any, factor: Decimal) -> Decimal:
    return (Decimal(str(amount)) * factor).normalize()
