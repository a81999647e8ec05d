"""Reference pages that say, for each accelerator and system of the catalogue, what is known of it and from where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, cast

from gpuplan_docs.catalogue import said
from gpuplan_docs.markdown import anchor, code, plain, table

Entry = Mapping[str, Any]
Kind = Literal["accelerators", "systems"]

REGIME = "us-2023-10"
FIGURES = {
    "memory_gb": "memory, GB",
    "memory_bandwidth_tbps": "memory bandwidth, TB/s",
    "bf16_tflops": "BF16, dense TFLOPS",
    "fp8_tflops": "FP8, dense TFLOPS",
    "int8_tops": "INT8, dense TOPS",
    "fp4_tflops": "FP4, dense TFLOPS",
    "fp64_tflops": "FP64, TFLOPS",
    "tdp_w": "power by design, W",
    "io_bandwidth_gbps": "to other chips, GB/s",
    "die_area_mm2": "applicable die area, mm2",
    "tpp": "total processing performance (TPP)",
    "accelerators": "accelerators",
    "max_power_kw": "power on the design day, kW",
    "typical_power_kw": "power over the year, kW",
    "cooling": "cooling",
    "liquid_heat_share": "share of heat to liquid",
    "rack_units": "rack units",
    "rack_positions": "rack positions",
    "needs": "needs",
    "price_range_usd": "seen at, US$",
    "network_price_usd": "network, US$",
    "storage_price_usd": "storage, US$",
    "installation_price_usd": "installation, US$",
    "lead_weeks_low": "lead at least, weeks",
    "lead_weeks_high": "lead at most, weeks",
}
FORMATS = ("bf16_tflops", "fp8_tflops", "int8_tops", "fp4_tflops", "fp64_tflops")
ASKED = {
    "accelerators": ("memory_gb", "memory_bandwidth_tbps", "tdp_w", "io_bandwidth_gbps", "die_area_mm2", "tpp"),
    "systems": ("max_power_kw", "typical_power_kw", "rack_units", "price_range_usd", "lead_weeks_low"),
}
"""What a buyer or an export rule asks for: where it is missing, the page says so."""


def pages() -> dict[str, str]:
    """One page for accelerators and one for systems, by file name."""
    return {f"catalogue/known-{kind}.md": _page(kind) for kind in cast(tuple[Kind, ...], ("accelerators", "systems"))}


def _page(kind: Kind) -> str:
    from gpuplan.instance.catalog import entries

    parts = [
        f"# What is known of each of the {kind}\n",
        "Written from the catalogue. A figure is worked out where its grade is `derived`; what nobody published is "
        "named, not estimated.\n",
    ]
    for name, entry in entries(kind).items():
        parts += _one(kind, name, entry)
    return "\n".join(parts)


def _one(kind: Kind, name: str, entry: Entry) -> list[str]:
    """The part of a page on one entry."""
    parts = [anchor(f"known-{kind}-{name}", plain(str(entry["name"])), 2)]
    parts.append(f"{code(name)}{_opening(kind, entry)}\n")
    parts.append(table(["figure", "value", "source", "as of", "grade"], _figures(entry)))
    missing = [FIGURES[field] for field in ASKED[kind] if field not in entry]
    if kind == "accelerators" and not any(field in entry for field in FORMATS):
        missing.append("throughput in any format")
    if missing:
        parts.append(f"Not known: {'; '.join(missing)}.\n")
    if kind == "accelerators":
        parts += [f"{line}\n" for line in (_class(name, entry), _results(name)) if line]
    if entry.get("note"):
        parts.append(plain(" ".join(str(entry["note"]).split())) + "\n")
    return parts


def _opening(kind: Kind, entry: Entry) -> str:
    if kind == "systems":
        chip = entry["accelerator"]
        return f": {said(entry['accelerators'])} of [{plain(chip)}](known-accelerators-{chip})."
    since = f", available {plain(entry['available_from'])}" if entry.get("available_from") else ""
    return f", by {plain(entry['maker'])} ({entry['maker_country']}){since}."


def _figures(entry: Entry) -> Iterable[tuple[str, ...]]:
    """A row for every figure with its source: its own, else that of the whole entry."""
    sources = entry["sources"]
    for field, label in FIGURES.items():
        if field in entry:
            source = sources.get(field.replace("_", "-"), sources.get("all", {}))
            yield (
                label,
                said(entry[field]),
                *(plain(str(source.get(key, ""))) for key in ("source", "as_of", "confidence")),
            )


def _class(name: str, entry: Entry) -> str:
    """Its class under the rule of October 2023, with the sum that leads to it."""
    from gpuplan.instance.catalog import entries
    from gpuplan.instance.classification import classify, figures, working
    from gpuplan.instance.hardware import Accelerator
    from gpuplan.instance.regimes import Regime

    chip = Accelerator.model_validate(dict(entry))
    found = classify(figures(name, chip), Regime.model_validate(entries("regimes")[REGIME]).classes)
    shown = " or ".join(code(one) for one in found.classes)
    return f"Class under {code(REGIME)}: {shown}. {plain('; '.join((*working(chip), *found.steps)))}."


def _results(name: str) -> str:
    """Prices, rents and results that other sections have of it."""
    from gpuplan.instance.catalog import entries

    facts = [f"{plain(str(one['what']))}: {_range(one)}" for key, one in entries("facts").items() if _of(key, name)]
    results = cast(list[Entry], entries("throughput")["results"])
    count = sum(result.get("accelerator") == name for result in results)
    told = [*facts, f"{count} published results in [throughput](throughput.md)"] if count else facts
    return "; ".join(told) + "." if told else ""


def _of(fact: str, name: str) -> bool:
    return fact in (f"price-{name}", f"rent-{name}")


def _range(fact: Entry) -> str:
    values = " to ".join(said(fact[key]) for key in ("low", "high") if key in fact)
    middle = said(fact["mid"]) if "mid" in fact else ""
    values = f"{values}, in the middle {middle}," if values and middle else values or middle
    return f"{values} {plain(str(fact['unit']))} ({plain(str(fact['source']))}, {fact['as_of']}, {fact['confidence']})"
