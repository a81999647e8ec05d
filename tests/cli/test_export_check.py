"""`gpuplan export-check` shows what is asked with its citation, its condition and why something is not known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.running import MODULE, ran

CASES = {
    # chip, buyer, vendor, from where, regimes -> outcome, citation, words shown
    "share of the revenue": (
        "h20", {"headquarters": "CN"}, "us-2025-08", "case-by-case",
        "Financial Times and Reuters, 2025-08-10 to 2025-08-11", "15 % of the revenue from H20 and MI308",
    ),
    "MI308 as H20": (
        "mi308x", {"headquarters": "CN"}, "us-2025-04", "case-by-case",
        "letter to NVIDIA of 2025-04-09, told in its form 8-K", "class c4, to CN",
    ),
    "headquarters in D:5": (
        "h200-sxm", {"headquarters": "CN"}, "us-2026-01", "case-by-case", "91 FR 1684", "at most half of those to",
    ),
    "duty on the way": (
        "h200-sxm", {"headquarters": "CN"}, "us-2026-232", "free",
        "Proclamation of 2026-01-14 under section 232, HTSUS 9903.79.01", "a duty of 25 %",
    ),
    "owned by a listed party": (
        "h200-sxm", {"headquarters": "CN", "owned_by": {"us-entity-list-denial": 0.5}}, "us-2025-09", "denied",
        "90 FR 47201, back after 90 FR 50857", "",
    ),
}  # fmt: skip


def instance(chip: str, buyer: dict[str, Any], regime: str) -> dict[str, Any]:
    """One offer from the US to China, signed in December 2026."""
    return {
        "name": "One offer",
        "calendar": {"start": "2026-12-01", "periods": 6},
        "sites": {"a": {"country": "CN"}},
        "vendors": {"v": {"country": "US"}},
        "systems": {"s": {"accelerator": chip, "accelerators": 8}},
        "offers": {"o": {"vendor": "v", "system": "s", "price": 1, "max_units": 1, "exported_from": "US"}},
        "export": {"buyer": buyer, "regimes": {"us-2023-10": {}, regime: {}}},
        "objective": [{"minimise": "cost"}],
    }


@pytest.mark.parametrize("case", CASES)
def test_each_rule_is_shown_with_its_citation_and_condition(case: str, tmp_path: Path) -> None:
    """Proves outcome, citation and condition of a rule in the JSON, and the same words in the text.

    If broken, somebody reads "case-by-case" and never hears of the 15 %, or cannot look the rule up.
    """
    chip, buyer, regime, outcome, citation, words = CASES[case]
    path = tmp_path / "one.json"
    path.write_text(json.dumps(instance(chip, buyer, regime)), encoding="utf-8")
    told = json.loads(ran("export-check", path, "--format", "json", command=MODULE).stdout)
    grounds = [ground for one in told["permissions"] for ground in one["grounds"] if ground["regime"] == regime]
    assert grounds
    for ground in grounds:
        assert (ground["outcome"], ground["citation"]) == (outcome, citation)
        assert words in f"{ground['why']}; beside it {ground['condition']}"
    shown = " ".join(ran("export-check", path, command=MODULE, COLUMNS="400").stdout.split())
    assert citation in shown
    assert words in shown
