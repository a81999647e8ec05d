"""`gpuplan template`, `import`, `export`, `init` as people type them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import gpuplan
from cli.running import MODULE, ROOT, ran, refused
from quotes.building import HEAD, ROW, workbook

MORE = ("Tier 1 from", "Tier 1 price", "Warranty", "Payment terms", "Remarks")
FOUR = (
    ("Consortium procurement, quotes received as of 27.11.2026",),
    (),
    (*HEAD, *MORE),
    (
        "Atlas Inc.",
        "US",
        "HGX B200, air",
        395000,
        "USD",
        5,
        60,
        "14-16",
        date(2027, 1, 31),
        *(20, 383000, "3y NBD", "30/60/10", "tax excl."),
    ),
    (
        "Boreas GmbH",
        "DE",
        "HGX H200",
        "232.000,00",
        "EUR",
        10,
        80,
        8,
        date(2026, 12, 20),
        *(25, "226.000,00", "5 Jahre", "100 % 30 Tage n. Lieferung", ""),
    ),
    (
        "Cygnus SAS",
        "FR",
        "8x MI355X DLC",
        318000,
        "EUR",
        1,
        40,
        18,
        date(2027, 2, 15),
        *(15, "-4 %", "36 months", "40/50/10", "per 20 servers 1 free of charge"),
    ),
    (
        "Delphi BV",
        "NL",
        "8x MI325X air",
        "215k",
        "EUR",
        None,
        24,
        "10 wks",
        "end of Jan",
        *(None, None, "3 yrs", "50/50", "price only together with Boreas"),
    ),
)


def run(*words: str | Path, cwd: Path) -> str:
    """Standard output of a command that succeeds."""
    result = ran(*words, command=MODULE, cwd=cwd)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_from_four_quotes_to_a_plan_in_two_commands(tmp_path: Path) -> None:
    """Proves that a buyer with a workbook gets to a plan with two commands and a handful of values. If broken, some
    eighty values are to be retyped."""
    workbook(tmp_path / "quotes.xlsx", {"Overview": FOUR, "E-mail": [("Further ones Q3, price tbd",)]})
    values = ("limits.target.at_least = 600", "limits.budget-2027.at_most = 22e6")
    edits = [word for value in values for word in ("--edit", value)]
    said = run("import", "quotes.xlsx", "--template", "programme", "--output", "ours.yaml", *edits, cwd=tmp_path)
    for word in (
        "lead_days",
        "112",
        "the later end of the range",
        "2027-01-31",
        "the year is the next after 2026-11-27",
    ):
        assert word in " ".join(said.split()), word
    assert "E-mail!A1" in said
    plan = json.loads(run("solve", "ours.yaml", "--format", "json", "--time-limit", "60", cwd=tmp_path))
    assert plan["accelerators"] >= 600
    assert sorted(gpuplan.load(tmp_path / "ours.yaml").offers) == [
        "atlas-hgx-b200-air",
        "boreas-hgx-h200",
        "cygnus-mi355x-8",
        "delphi-mi325x-8",
    ]


def test_nothing_is_kept_before_every_question_is_answered(tmp_path: Path) -> None:
    """Proves that an ambiguous day ends with code 2 and no file, and that its answer lets the rest through."""
    workbook(tmp_path / "quotes.xlsx", {"Quotes": [HEAD, (*ROW[:8], "01/02/2027")]})
    words = ("import", "quotes.xlsx", "--output", "ours.yaml")
    result = ran(*words, command=MODULE, cwd=tmp_path)
    assert result.returncode == 2
    assert "Quotes!I2" in result.stdout
    assert not (tmp_path / "ours.yaml").exists()
    run(*words, "--set", "Quotes!I2=2027-02-01", cwd=tmp_path)
    assert "2027-02-01" in (tmp_path / "ours.yaml").read_text()


def test_what_was_understood_is_there_for_programs(tmp_path: Path) -> None:
    """Proves that offers, assumptions and questions come as JSON."""
    workbook(tmp_path / "quotes.xlsx", {"Quotes": [HEAD, ROW]})
    tree = json.loads(run("import", "quotes.xlsx", "--format", "json", cwd=tmp_path))
    assert tree["offers"]["boreas-rechner-hgx-h200"]["price"] == 232000
    assert {"cell": "D2", "field": "price", "value": "232,000"}.items() <= next(
        one for one in tree["understood"] if one["cell"] == "D2"
    ).items()
    assert tree["asked"] == []


def test_an_instance_keeps_its_comments_and_other_offers(tmp_path: Path) -> None:
    """Proves that offers are put beside those that are there, and that nothing else of the file changes."""
    base = "# ours\n" + (ROOT / "instances" / "quickstart.yaml").read_text()
    (tmp_path / "base.yaml").write_text(base)
    workbook(tmp_path / "quotes.xlsx", {"Quotes": [HEAD, (*ROW[:3], 250000, "USD", *ROW[5:8], date(2026, 2, 1))]})
    said = run("import", "quotes.xlsx", "--into", "base.yaml", "--output", "both.yaml", cwd=tmp_path)
    assert "both.yaml written" in said
    before, after = gpuplan.load(tmp_path / "base.yaml"), gpuplan.load(tmp_path / "both.yaml")
    assert {**before.offers, "boreas-rechner-hgx-h200": after.offers["boreas-rechner-hgx-h200"]} == dict(after.offers)
    text = (tmp_path / "both.yaml").read_text()
    assert text.startswith("# ours\n")
    assert base[base.index("\nlimits:") :].strip() in text


def test_an_instance_in_json_takes_quotes_too(tmp_path: Path) -> None:
    """Proves that the form of the instance does not matter, and that lost comments would be told."""
    tree = {
        "name": "j",
        "calendar": {"start": "2026-12-01", "periods": 6},
        "sites": {"room": {}},
    }
    (tmp_path / "base.json").write_text(json.dumps(tree))
    workbook(tmp_path / "quotes.xlsx", {"Quotes": [HEAD, (*ROW[:3], 250000, "USD", *ROW[5:])]})
    run("import", "quotes.xlsx", "--into", "base.json", "--output", "both.yaml", cwd=tmp_path)
    assert gpuplan.load(tmp_path / "both.yaml").offers["boreas-rechner-hgx-h200"].price == 250000


def test_init_gives_an_instance_and_its_workbook(tmp_path: Path) -> None:
    """Proves that the start solves at once, that its workbook goes back in, and that nothing is overwritten."""
    assert "mine.xlsx" in run("init", "--template", "colocation", "--output", "mine.yaml", cwd=tmp_path)
    assert "Optimal" in run("solve", "mine.yaml", cwd=tmp_path)
    run("import", "mine.xlsx", "--into", "mine.yaml", "--output", "again.yaml", cwd=tmp_path)
    assert (tmp_path / "again.yaml").read_text() == (tmp_path / "mine.yaml").read_text()
    refused(ran("init", "--output", "mine.yaml", command=MODULE, cwd=tmp_path), "would be overwritten")


def test_a_template_can_be_filled_in_and_read(tmp_path: Path) -> None:
    """Proves that the workbook that is sent to vendors is read when it comes back: 200,000 with a tier of 190,000."""
    from openpyxl import load_workbook

    run("template", "--output", "sent.xlsx", cwd=tmp_path)
    book = load_workbook(tmp_path / "sent.xlsx")
    quotes, tiers, vendors = book["Quotes"], book["Tiers"], book["Vendors"]
    for column, value in enumerate(("north-h200", "north", "hgx-h200", 200000, "EUR", 2, 40, 70), 1):
        quotes.cell(3, column, value)
    for column, value in enumerate(("north-h200", 20, 190000), 1):
        tiers.cell(3, column, value)
    vendors.cell(3, 1, "north")
    book.save(tmp_path / "back.xlsx")
    tree = json.loads(run("import", "back.xlsx", "--format", "json", cwd=tmp_path))
    offer = tree["offers"]["north-h200"]
    assert (offer["price"], offer["tiers"], offer["lead_days"]) == (200000, [{"from_units": 20, "price": 190000}], 70)


def test_an_instance_goes_out_as_a_workbook(tmp_path: Path) -> None:
    """Proves that export names what it could not say."""
    result = ran("export", ROOT / "instances" / "university.yaml", "--to", "u.xlsx", command=MODULE, cwd=tmp_path)
    assert result.returncode == 0
    assert "3 offers, 1 room, 2 limits" in result.stdout
    assert "Not in this workbook" in result.stderr


def test_a_workbook_that_is_checked_is_pointed_to_import(tmp_path: Path) -> None:
    """Proves that `check quotes.xlsx` says what to do instead of that this is no text."""
    workbook(tmp_path / "quotes.xlsx", {"Quotes": [HEAD, ROW]})
    refused(ran("check", "quotes.xlsx", command=MODULE, cwd=tmp_path), "gpuplan import quotes.xlsx")


def test_wrong_words_are_told(tmp_path: Path) -> None:
    """Proves that options that cannot be meant end with code 2 and a way out."""
    workbook(tmp_path / "quotes.xlsx", {"Quotes": [HEAD, ROW]})
    for words, said in (
        (("--set", "Quotes!I2"), "names no cell and value"),
        (("--as-of", "27.11.2026"), "is no day"),
        (("--into", "a.yaml", "--template", "university"), "two instances"),
        (("--output", "nowhere/a.yaml"), "there is no folder"),
    ):
        refused(ran("import", "quotes.xlsx", *words, command=MODULE, cwd=tmp_path), said)
    refused(ran("template", "--output", "a.pdf", command=MODULE, cwd=tmp_path), "is no workbook")
