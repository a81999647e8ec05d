"""Reference pages of the shipped catalogue: every figure with its source, day and confidence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from gpuplan_docs.markdown import code, plain, table

INTRODUCTIONS = {
    "accelerators": "Chips and modules. Throughput is dense, never sparse.",
    "systems": "What is bought and installed as one unit. Prices are in US dollars without VAT.",
    "modules": "Blocks of facility capacity that are bought whole.",
    "resources": "What modules and sites provide and what systems and modules need. All of them are part of every "
    "instance; an instance may add its own.",
    "tariffs": "Electricity prices, named by `sites.<id>.tariff`.",
    "regimes": "Export-control regimes, named under `export.regimes`. What their cells do not speak of is "
    "undetermined. See [export control](../../export.md).",
    "country-groups": "Country Groups of the US rules (15 CFR 740, supplement 1), by which regimes say where a cell "
    "holds, with their changes. See [export control](../../export.md).",
    "throughput": "Published benchmark results. They are reference reading: no instance draws on them yet.",
    "facts": "Prices, lead times and ratios that the other sections lean on. They are reference reading: no instance "
    "draws on them.",
}
COLUMNS = {
    "accelerators": (
        "maker",
        "maker_country",
        "memory_gb",
        "bf16_tflops",
        "fp8_tflops",
        "fp4_tflops",
        "tdp_w",
        "tpp",
    ),
    "systems": (
        "accelerator",
        "accelerators",
        "max_power_kw",
        "typical_power_kw",
        "cooling",
        "liquid_heat_share",
    ),
    "modules": ("provides", "price", "currency", "lead_days", "installation_days"),
    "resources": ("unit", "note"),
    "tariffs": ("name", "currency", "seasons", "adders_per_kwh", "demand_charge_per_kw_month"),
    "regimes": ("name", "authority", "citation", "effective", "until", "enforced", "amends"),
    "country-groups": ("name", "note", "countries", "changes"),
    "facts": ("what", "low", "mid", "high", "unit"),
    "throughput": (
        "task",
        "workload",
        "scenario",
        "accelerator",
        "accelerators",
        "result",
        "unit",
        "submitter",
        "status",
    ),
}
PRICES = ("needs", "network_price_usd", "storage_price_usd", "installation_price_usd", "price_range_usd")
HEADINGS = {
    "maker_country": "country",
    "memory_gb": "GB",
    "bf16_tflops": "BF16 TFLOPS",
    "fp8_tflops": "FP8 TFLOPS",
    "fp4_tflops": "FP4 TFLOPS",
    "tdp_w": "TDP W",
    "tpp": "TPP",
    "max_power_kw": "max. kW",
    "typical_power_kw": "typical kW",
    "liquid_heat_share": "heat to liquid",
    "network_price_usd": "network US$",
    "storage_price_usd": "storage US$",
    "installation_price_usd": "installation US$",
    "price_range_usd": "seen at US$",
    "lead_days": "lead days",
    "installation_days": "installation days",
    "adders_per_kwh": "adders/kWh",
    "demand_charge_per_kw_month": "demand charge/kW and month",
}
WORST = ("assumption", "unverified", "derived", "secondary", "official", "stated")
GRADES = {
    "official": "published data or a statement by who should know",
    "secondary": "one secondary source",
    "derived": "worked out from other figures",
    "unverified": "general knowledge, not verified",
    "assumption": "an estimate of the catalogue's or the instance's author",
    "stated": "the figure of the instance's author",
}


def pages() -> dict[str, str]:
    """Index and one page for each section, by file name."""
    from gpuplan.instance.catalog import SECTIONS, entries

    found = {}
    counts = []
    for section in SECTIONS:
        listed = _entries(section, entries(section))
        found[f"catalogue/{section}.md"] = _page(section, listed)
        counts.append((f"[{_title(section)}]({section}.md)", str(len(listed)), INTRODUCTIONS[section]))
    found["catalogue/index.md"] = _index(counts, ["known-accelerators", "known-systems", *SECTIONS])
    return found


def _index(counts: list[tuple[str, str, str]], sections: list[str]) -> str:
    return "\n".join(
        [
            "# Reference catalogue\n",
            "Figures that ship with the package. An instance uses an entry by its id, and overrides any field by "
            "stating that field under the same id. Every figure carries its source, the day it held and a grade of "
            "confidence; a plan lists the figures of low confidence (`unverified`, `assumption`) that it rests on. "
            "`gpuplan catalog SECTION ID` prints an entry.\n",
            "Figures and rules change. `gpuplan catalog --changed-since 2026-09-30` lists what was added or changed "
            "after a day. An instance that states `catalogue_as_of`, the day of the catalogue with which it was made, "
            "is told by `gpuplan check` what changed since of what it uses.\n",
            table(["section", "entries", ""], counts),
            "What is known of each, figure by figure, and what is not: [accelerators](known-accelerators.md), "
            "[systems](known-systems.md).\n",
            "## Confidence\n",
            table(["grade", "meaning"], [(code(grade), meaning) for grade, meaning in GRADES.items()]),
            "```{toctree}\n:hidden:\n\n" + "\n".join(sections) + "\n```\n",
        ]
    )


def _title(section: str) -> str:
    return section.capitalize().replace("-", " ")


def _entries(section: str, kept: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    if section == "throughput":
        return {str(number): result for number, result in enumerate(kept["results"], 1)}
    return dict(kept)


def _page(section: str, listed: dict[str, dict[str, Any]]) -> str:
    columns = [column for column in COLUMNS[section] if any(column in entry for entry in listed.values())]
    header = ["#" if section == "throughput" else "id", *(HEADINGS.get(column, column) for column in columns)]
    rows = []
    for name, entry in listed.items():
        shown = name if section == "throughput" else code(name)
        rows.append((shown, *(said(entry.get(column)) for column in columns), _worst(entry)))
    parts = [f"# {_title(section)}\n", INTRODUCTIONS[section] + "\n", table([*header, "lowest grade"], rows)]
    if section == "systems":
        parts += ["## Needs and prices\n", "Network, storage and installation are paid beside offers without them.\n"]
        prices = [(code(name), *(said(entry.get(price)) for price in PRICES)) for name, entry in listed.items()]
        parts.append(table(["id", *(HEADINGS.get(price, price) for price in PRICES)], prices))
    if section == "modules":
        parts += ["## Needs\n", table(["id", "for", "design day", "over the year"], _needs(listed))]
    if section == "regimes":
        headers = ["id", "location", "headquarters", "chips", "further", "from", "until", "outcome", "citation"]
        parts += ["## Cells\n", "Read in order; the first that fits holds.\n", table(headers, _cells(listed))]
    sources = [
        (name if section == "throughput" else code(name), figure, plain(source), as_of, confidence)
        for name, entry in listed.items()
        for figure, source, as_of, confidence in _sources(entry)
    ]
    parts += ["## Sources\n", table(["id", "figure", "source", "as of", "confidence"], sources)]
    notes = [(code(name), plain(str(entry["note"]))) for name, entry in listed.items() if entry.get("note")]
    if notes and "note" not in columns and section != "throughput":
        parts += ["## Notes\n", table(["id", "note"], notes)]
    return "\n".join(parts)


def _needs(listed: dict[str, dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    """(id, what for, needs in each load case) of every module."""
    found = []
    for name, module in listed.items():
        for resource, delivery in module["provides"].items():
            needs = delivery.get("needs", {}) if isinstance(delivery, dict) else {}
            if needs:
                found.append((code(name), f"each unit of {plain(resource)}", *_by_case(needs)))
        if module.get("needs"):
            found.append((code(name), "each module", *_by_case(module["needs"])))
    return found


def _cells(listed: dict[str, dict[str, Any]]) -> list[tuple[str, ...]]:
    """A row for every cell of every regime."""
    further = ("state_funded", "listed", "affiliate_of", "owned_at_least", "exported_from")
    return [
        (
            code(name),
            *(_any(cell.get(key)) for key in ("location", "headquarters", "chips")),
            ", ".join(f"{key} {said(cell[key])}" for key in further if key in cell),
            *(said(cell.get(key)) for key in ("from", "until")),
            _outcome(cell),
            plain(str(cell.get("citation", regime["citation"]))),
        )
        for name, regime in listed.items()
        for cell in regime["cells"]
    ]


def _any(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else plain(str(value or "any"))


def _outcome(cell: Mapping[str, Any]) -> str:
    rulings = {"": cell["ruling"]} if "ruling" in cell else cell["routes"]
    told = []
    for route, ruling in rulings.items():
        text = str(ruling["outcome"]) + (f" (cap {ruling['cap']})" if "cap" in ruling else "")
        text += f": {plain(ruling['reason'])}" if "reason" in ruling else ""
        text += f"; beside it {plain(ruling['condition'])}" if "condition" in ruling else ""
        told.append(f"{route}: {text}" if route else text)
    return "; ".join(told)


def _by_case(needs: dict[str, Any]) -> tuple[str, str]:
    design, typical = (
        {name: need[case] if isinstance(need, dict) else need for name, need in needs.items()}
        for case in ("design", "typical")
    )
    return said(design), said(typical)


def said(value: Any) -> str:
    """A value in a cell."""
    if value is None:
        return ""
    if isinstance(value, dict):
        if set(value) == {"low", "mid", "high"}:
            return f"{said(value['low'])} to {said(value['high'])}"
        if "amount" in value:
            return said(value["amount"])
        if "months" in value:
            prices = (f"{plain(name)} {hours['price_per_kwh']}" for name, hours in value["hours"].items())
            return ", ".join(prices)
        return "; ".join(f"{plain(str(key))} {said(item)}" for key, item in value.items())
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ", ".join(said(item) for item in value)
    return f"{value:,}" if not isinstance(value, bool) else str(value).lower()


def _sources(entry: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    if "sources" in entry:
        of = cast(Mapping[str, Mapping[str, Any]], entry["sources"])
    elif isinstance(entry.get("source"), Mapping):
        of = {"all": entry["source"]}
    elif "source" in entry:
        of = {"all": entry}
    else:
        of = {}
    return [
        (figure, str(one.get("source", "")), str(one.get("as_of", "")), str(one.get("confidence", "stated")))
        for figure, one in of.items()
    ]


def _worst(entry: Mapping[str, Any]) -> str:
    grades = {confidence for *_, confidence in _sources(entry)}
    return next((grade for grade in WORST if grade in grades), "")
