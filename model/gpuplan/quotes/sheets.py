"""The sheets of gpuplan's own workbook: what each is for, and the field of each of its columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from gpuplan.instance.offers import Event, Offer, Part
from gpuplan.instance.rules import MeasureName
from gpuplan.quotes.kinds import Column


@dataclass(frozen=True, slots=True)
class SheetForm:
    """A sheet, a row for each entity or for each step of one."""

    name: str
    section: str
    about: str
    columns: tuple[Column, ...]
    steps: str = ""
    """The field of the section's entities that its rows are steps of; empty for a row for each entity."""


EVENTS = ", ".join(get_args(Event))
PARTS = ", ".join(get_args(Part))
_OFFER = Column("Offer id", "id", help="Letters a-z, digits and hyphens; yours to choose.")

QUOTES = SheetForm(
    "Quotes",
    "offers",
    "One row for each quote. Prices are for one system, without tax, in the currency beside them.",
    (
        _OFFER,
        Column("Vendor id", "vendor", help="A row of the sheet Vendors."),
        Column("System id", "system", help="What is bought as one unit: a server or a rack.", choices=("=systems",)),
        Column("Unit price", "price", "amount", "For one system, in the first price tier; a number."),
        Column("Price currency", "currency", "words", "Code such as EUR.", ("=currencies",)),
        Column("Min. units", "min_units", "whole", "If anything is bought, at least so many."),
        Column("Max. units", "max_units", "whole", "At most so many; no bound when empty."),
        Column("Lead (days)", "lead_days", "whole", "From order to shipping; the later end of a range."),
        Column("Valid from", "order_from", "day", "First day of signing."),
        Column("Valid until", "order_until", "day", "Last day of signing."),
        Column(
            "Payments",
            "payments",
            "payments",
            f"Shares by event, such as 30 % signed; 70 % delivered + 30 days. Events: {EVENTS}.",
        ),
        Column("Includes", "includes", "ids", f"What the price covers, with commas: {PARTS}."),
        Column("Shipping (days)", "shipping_days", "whole"),
        Column("Installation (days)", "installation_days", "whole"),
        Column("Acceptance (days)", "acceptance_days", "whole", "Powered and tested, not yet usable."),
        Column("Warranty (years)", "warranty_years", "amount"),
        Column("Support a year", "support_rate_per_year", "share", "Share of the price for each year."),
        Column(
            "Tier pricing",
            "tier_pricing",
            "words",
            "all-units: the tier reached prices every unit.",
            ("all-units", "incremental"),
        ),
        Column("Fee", "fee", "amount", "Fixed fee of the first tier."),
        Column("Lot", "lot_units", "whole", "Units come in lots of so many."),
        Column("Award (days)", "award_days", "whole", "Tendering before signing."),
        Column("Price a month", "price_per_month", "amount", "Rent of one system."),
        Column("Min. months", "min_months", "whole"),
        Column("Sites", "sites", "ids", "Where it can be delivered; everywhere when empty."),
        Column("Exported from", "exported_from"),
        Column("Spares", "spares_share", "share"),
        Column("Availability", "availability", "share"),
        Column("Buyer's share", "buyer_share", "share"),
        Column("Life (years)", "life_years", "whole"),
        Column("Lead range (days)", "lead_days_range", "range", "The earliest and the latest, such as 98-112."),
        Column("Free units", "free_units", "free", "Such as 20 + 1: for twenty bought one is given."),
        Column("Early order", "early_order", "early", "A discount for ordering early, such as 5 % until 2026-12-15."),
        Column("Late damages", "late_damages", "damages", "Such as 0.5 % a week, at most 5 %, after 7 days."),
        Column("Only with", "only_with", "selection", "Such as offer = north-h200, or vendor = north."),
        Column("Name", "name"),
        Column("Attributes", "attributes", "numbers", "Further numbers, such as score = 3; weight = 2.5."),
        Column("Note", "note"),
    ),
)
VENDORS = SheetForm(
    "Vendors",
    "vendors",
    "One row for each vendor.",
    (
        Column("Vendor id", "id"),
        Column("Name", "name"),
        Column("Country", "country", help="Code of two letters, such as DE."),
        Column("Parent country", "parent_country"),
        Column("Group", "group"),
        Column("Currency", "currency", "words", "Of activation and rebates.", ("=currencies",)),
        Column("Activation cost", "activation_cost", "amount"),
        Column("Attributes", "attributes", "numbers"),
        Column("Note", "note"),
    ),
)
TIERS = SheetForm(
    "Tiers",
    "offers",
    "Volume discounts: one row for each further price tier of a quote, from so many units on.",
    (
        _OFFER,
        Column("From units", "from_units", "whole", "A total of at least so many reaches the tier."),
        Column("Tier price", "price", "amount", "For one system; or a discount."),
        Column("Discount", "discount", "share", "Off the unit price; or a price."),
        Column("Tier fee", "fee", "amount"),
    ),
    "tiers",
)
LEADS = SheetForm(
    "Leads",
    "offers",
    "Leads that change by the day of signing; a single one stands in the sheet Quotes.",
    (_OFFER, Column("From", "from", "day"), Column("Days", "days", "whole")),
    "lead_days",
)
PRICES = SheetForm(
    "Prices",
    "offers",
    "Prices that change by the day of signing; a single one stands in the sheet Quotes.",
    (_OFFER, Column("From", "from", "day"), Column("Until", "until", "day"), Column("Price", "price", "amount")),
    "prices",
)
SUPPLY = SheetForm(
    "Supply",
    "offers",
    "Most units that can ship in a calendar month, from a day on; no bound when there is no row.",
    (_OFFER, Column("From", "from", "day"), Column("Units a month", "units_per_month", "whole")),
    "supply",
)
_SITE = Column("Room id", "id", help="Letters a-z, digits and hyphens.")
ROOMS = SheetForm(
    "Rooms",
    "sites",
    "One row for each machine room; what it has of power, cooling and racks stands in the sheet Capacity.",
    (
        _SITE,
        Column("Name", "name"),
        Column("Country", "country", help="Code of two letters, such as DE."),
        Column("Region", "region"),
        Column("Operator", "operator"),
        Column("Rack air (kW)", "rack_kw.air", "amount", "Most power of an air-cooled rack."),
        Column("Rack liquid (kW)", "rack_kw.liquid", "amount", "Most power of a liquid-cooled rack."),
        Column("Opens", "opens", "day"),
        Column("Build (days)", "build_days", "whole"),
        Column("Currency", "currency", "words", "", ("=currencies",)),
        Column("Opening cost", "opening_cost", "amount"),
        Column("Fixed cost a month", "fixed_cost_per_month", "amount"),
        Column("Energy price a kWh", "tariff.energy_price_per_kwh", "amount"),
        Column("Demand charge a kW and month", "tariff.demand_charge_per_kw_month", "amount"),
        Column("Carbon (kg a kWh)", "carbon_kg_per_kwh", "amount"),
        Column("Utilisation", "utilisation", "share"),
        Column("Note", "note"),
    ),
)
CAPACITY = SheetForm(
    "Capacity",
    "sites",
    "What each room has: one row for each resource, or more where it changes by day.",
    (
        _SITE,
        Column(
            "Resource",
            "resource",
            "words",
            "Such as grid-power (kW), air-cooling (kW), rack-positions.",
            ("=resources",),
        ),
        Column("Amount", "amount", "capacity", "A number, or unlimited."),
        Column("From", "from", "day", "Where it changes by day."),
        Column("Needs", "needs", "needs", "For each unit delivered, such as grid-power 1.06."),
    ),
    "capacity",
)
LIMITS = SheetForm(
    "Limits",
    "limits",
    "Targets, budgets and shares: one row for each.",
    (
        Column("Limit id", "id"),
        Column("Name", "name"),
        Column("Measure", "measure", "words", "What is counted.", tuple(get_args(MeasureName))),
        Column("At least", "at_least", "amount"),
        Column("At most", "at_most", "amount"),
        Column("At least (share)", "at_least_share", "share"),
        Column("At most (share)", "at_most_share", "share"),
        Column("From", "from", "day"),
        Column("By", "by", "day"),
        Column("Each", "each", "words", "", ("month", "quarter", "year")),
        Column("Stage", "stage", "words", "", ("signed", "shipped", "usable")),
        Column("Basis", "basis", "words", "", ("cash", "commitment")),
        Column("Select", "select", "selection", "Such as site = room-a; vendor = atlas."),
        Column("Exclude", "exclude", "selection"),
        Column("Of", "of", "selection", "The whole of a share."),
        Column("Count", "count", "words"),
        Column("Counts from", "counts_from", "amount"),
        Column("Counts from (share)", "counts_from_share", "share"),
        Column("Penalty", "soft.penalty", "amount", "Makes the limit soft: money for each unit missed."),
        Column("Note", "note"),
    ),
)
FORMS: tuple[SheetForm, ...] = tuple(
    form
    for form in (QUOTES, TIERS, PRICES, LEADS, SUPPLY, VENDORS, ROOMS, CAPACITY, LIMITS)
    if form.section != "offers" or not form.steps or form.steps in Offer.model_fields
)
"""In the order of their sheets; a sheet of steps that offers do not have is none."""
EXPLANATION = "How to fill in"
LEFT_OUT = "Not in this workbook"


def is_field(form: SheetForm, column: Column) -> bool:
    """Whether instances have the field of a column."""
    return form.section != "offers" or bool(form.steps) or column.field == "id" or column.field in Offer.model_fields
