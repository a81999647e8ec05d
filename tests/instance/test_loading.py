"""From files to instances: formats, extending, edits, and problems told all at once, each with its place."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import gpuplan
from gpuplan.instance.loading import DEEPEST, warnings_of
from instance.trees import problems

YAML = """\
name: small
calendar:
  start: 2025-01-01
  periods: 12
systems:
  box: {accelerators: 8}
vendors:
  shop: {}
offers:
  quote:
    vendor: shop
    system: box
    price: 100.10
    max_units: 5
sites:
  plant: {}
limits:
  target:
    measure: systems
    at_least: 2
    by: 2025-06-30
"""
TOML = """\
name = "small"
[calendar]
start = 2025-01-01
periods = 12
[systems.box]
accelerators = 8
[vendors.shop]
[offers.quote]
vendor = "shop"
system = "box"
price = 100.10
max_units = 5
[sites.plant]
[limits.target]
measure = "systems"
at_least = 2
by = 2025-06-30
"""
JSON = {
    "name": "small",
    "calendar": {"start": "2025-01-01", "periods": 12},
    "systems": {"box": {"accelerators": 8}},
    "vendors": {"shop": {}},
    "offers": {"quote": {"vendor": "shop", "system": "box", "price": 100.1, "max_units": 5}},
    "sites": {"plant": {}},
    "limits": {"target": {"measure": "systems", "at_least": 2, "by": "2025-06-30"}},
}


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_three_formats_give_equal_instances(tmp_path: Path) -> None:
    """Proves YAML = JSON = TOML, from files and from text. If broken, 100.1 is a float in one and exact in another."""
    loaded = [
        gpuplan.load(written(tmp_path, "a.yaml", YAML)),
        gpuplan.load(written(tmp_path, "a.json", json.dumps(JSON))),
        gpuplan.load(written(tmp_path, "a.toml", TOML)),
        gpuplan.load(str(tmp_path / "a.yaml")),
        gpuplan.load(YAML),
        gpuplan.load(json.dumps(JSON)),
    ]
    assert all(one == loaded[0] for one in loaded)
    assert loaded[0].offers["quote"].price == Decimal("100.1")


# Extending


def test_a_file_extends_another_key_by_key(tmp_path: Path) -> None:
    """Proves that mappings merge, values and lists replace, and new entities are added."""
    written(tmp_path, "base.yaml", YAML)
    second = "second: {vendor: shop, system: box, price: 1}"
    over = f"extends: base.yaml\nname: dearer\noffers:\n  quote: {{price: 200}}\n  {second}\n"
    instance = gpuplan.load(written(tmp_path, "over.yaml", over))
    assert instance.name == "dearer"
    assert instance.offers["quote"].price == 200
    assert instance.offers["quote"].max_units == 5
    assert list(instance.offers) == ["quote", "second"]
    assert instance.calendar.periods == 12


def test_a_chain_is_followed_and_the_last_word_is_the_outermost(tmp_path: Path) -> None:
    """Proves c over b over a, across formats, and that edits run from the innermost out: (100 x 2) + 5 = 205. If
    broken, (100.1 + 5) x 2 = 210.2."""
    written(tmp_path, "a.yaml", YAML + "edits: ['offers.quote.price = 100']\n")
    written(tmp_path, "b.json", json.dumps({"extends": "a.yaml", "name": "b", "edits": ["offers.quote.price *= 2"]}))
    text = 'extends = "b.json"\nedits = ["offers.quote.price += 5"]\n'
    instance = gpuplan.load(written(tmp_path, "c.toml", text))
    assert instance.name == "b"
    assert instance.offers["quote"].price == 205


@pytest.mark.parametrize("names", [["a.yaml"], ["a.yaml", "b.yaml"], ["a.yaml", "./b.yaml"]])
def test_a_cycle_is_refused(tmp_path: Path, names: list[str]) -> None:
    """Proves that files that extend one another in a circle are told, at the line that says so."""
    for name, following in zip(names, names[1:] + names[:1], strict=True):
        written(tmp_path, name, f"name: x\nextends: {following}\n")
    (problem,) = problems(lambda: gpuplan.load(tmp_path / "a.yaml"))
    assert "extends itself" in problem.message
    assert (problem.path, problem.line) == ("extends", 2)


def test_a_long_chain_is_followed_and_a_longer_one_is_refused(tmp_path: Path) -> None:
    """Proves the bound on the length of a chain: ten links are followed, thirty are not."""
    written(tmp_path, "0.yaml", YAML)
    for number in range(1, 31):
        written(tmp_path, f"{number}.yaml", f"extends: {number - 1}.yaml\n")
    assert gpuplan.load(tmp_path / f"{DEEPEST}.yaml").name == "small"
    (problem,) = problems(lambda: gpuplan.load(tmp_path / "30.yaml"))
    assert "too many files" in problem.message


@pytest.mark.parametrize("path", ["../secret.yaml", "sub/../../secret.yaml", "link.yaml"])
def test_nothing_outside_the_folder_is_read(tmp_path: Path, path: str) -> None:
    """Proves that `extends` cannot leave its folder, by dots or by a link. If broken, an uploaded instance reads the
    server's files."""
    written(tmp_path, "secret.yaml", YAML)
    folder = tmp_path / "uploads"
    written(folder, "sub/x.yaml", YAML)
    (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (problem,) = problems(lambda: gpuplan.load(written(folder, "mine.yaml", f"extends: {path}\n")))
    assert "leads out of its folder" in problem.message


def test_an_absolute_path_is_refused(tmp_path: Path) -> None:
    """Proves the same for an absolute path, even one into the folder."""
    base = written(tmp_path, "base.yaml", YAML)
    (problem,) = problems(lambda: gpuplan.load(written(tmp_path, "mine.yaml", f"extends: {base}\n")))
    assert "absolute" in problem.message


def test_a_file_that_is_not_there_gets_the_nearest_names(tmp_path: Path) -> None:
    """Proves the advice for a misspelt base."""
    written(tmp_path, "korea-2025.yaml", YAML)
    (problem,) = problems(lambda: gpuplan.load(written(tmp_path, "mine.yaml", "extends: korea-2026.yaml\n")))
    assert problem.message == "there is no such file"
    assert "korea-2025.yaml" in problem.way_out


@pytest.mark.parametrize("base", ["[a.yaml]", "5", "true"])
def test_what_extends_names_is_a_text(tmp_path: Path, base: str) -> None:
    """Proves that a list or number is refused where a name is wanted."""
    (problem,) = problems(lambda: gpuplan.load(written(tmp_path, "mine.yaml", f"name: x\nextends: {base}\n")))
    assert (problem.path, problem.line) == ("extends", 2)


def test_text_cannot_extend_a_file() -> None:
    """Proves that a document without a folder has nothing to extend."""
    (problem,) = problems(lambda: gpuplan.load("extends: base.yaml\nname: x\n"))
    assert problem.message == "text cannot extend a file"


# Edits in the file


def test_edits_of_a_file_are_applied_after_all_is_read() -> None:
    """Proves that edits see defaults and catalogue: 10.2 kW of a dgx-h100, halved."""
    text = YAML.replace("system: box", "system: dgx-h100") + "edits:\n  - systems.dgx-h100.max_power_kw *= 0.5\n"
    assert gpuplan.load(text).systems["dgx-h100"].max_power_kw == Decimal("5.1")


@pytest.mark.parametrize("edits", ["offers.quote.price = 1", "[1]", "{a: b}"])
def test_edits_are_a_list_of_texts(edits: str) -> None:
    """Proves that one text, or a list of numbers, is refused at its place."""
    (problem,) = problems(lambda: gpuplan.load(f"{YAML}edits: {edits}\n"))
    assert (problem.path, problem.line) == ("edits", 22)


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ("offers.quot.price = 1", "there is no 'quot' in offers"),
        ("offers.quote.price = -1", "0"),
        ("nonsense", "not an edit"),
    ],
)
def test_a_wrong_edit_of_a_file_is_told_at_its_line(tmp_path: Path, edit: str, says: str) -> None:
    """Proves that the fault of an edit points into the file. If broken, nobody knows which of fifty edits it is."""
    text = f"{YAML}edits:\n  - name = y\n  - {edit}\n"
    (problem,) = problems(lambda: gpuplan.load(written(tmp_path, "a.yaml", text)))
    assert says in problem.message
    assert problem.file.endswith("a.yaml")
    assert problem.line is not None


# Problems


def test_all_problems_are_told_at_once_each_with_file_line_path_value_rule_and_way_out(tmp_path: Path) -> None:
    """Proves that one run of the command names every fault. If broken, a user with five typos needs five runs."""
    text = (
        YAML.replace("price: 100.10", "price: '100'")
        .replace("by: 2025-06-30", "by: 30/06/2025")
        .replace("periods: 12", "periods: 0")
        .replace("max_units: 5", "max_unit: 5")
        .replace("accelerators: 8", "accelerators: 8, cooling: watter")
    )
    found = {problem.path: problem for problem in problems(lambda: gpuplan.load(written(tmp_path, "a.yaml", text)))}
    assert {path: problem.line for path, problem in found.items()} == {
        "calendar.periods": 4,
        "systems.box.cooling": 6,
        "offers.quote.price": 13,
        "offers.quote.max_unit": 14,
        "limits.target.by": 21,
    }
    assert all(problem.file == str(tmp_path / "a.yaml") for problem in found.values())
    assert found["offers.quote.price"].message.startswith("100: ")
    assert found["calendar.periods"].message.startswith("0: ")
    assert "max_units" in found["offers.quote.max_unit"].way_out
    assert "2025-09-30" in found["limits.target.by"].message
    assert str(found["offers.quote.max_unit"]).startswith(f"{tmp_path}/a.yaml:14:5: offers.quote.max_unit: unknown key")


def test_a_problem_is_placed_in_the_file_that_says_it(tmp_path: Path) -> None:
    """Proves that in a chain the fault is placed where the value stands, not where the chain starts."""
    base = written(tmp_path, "base.yaml", YAML.replace("price: 100.10", "price: -1"))
    over = written(tmp_path, "over.yaml", "extends: base.yaml\nlimits:\n  target: {at_least: -2}\n")
    found = {problem.path: (problem.file, problem.line) for problem in problems(lambda: gpuplan.load(over))}
    assert found == {"offers.quote.price": (str(base), 13), "limits.target.at_least": (str(over), 3)}


def test_what_is_missing_is_placed_at_the_entity_that_misses_it(tmp_path: Path) -> None:
    """Proves that a field that is nowhere is placed at what should hold it."""
    (problem,) = problems(lambda: gpuplan.load(written(tmp_path, "a.yaml", YAML.replace("    price: 100.10\n", ""))))
    assert (problem.path, problem.line) == ("offers.quote.price", 10)


def test_an_id_of_digits_is_placed_too(tmp_path: Path) -> None:
    """Proves that `'2025'` as an id is not taken for the 2025th item of a list."""
    text = YAML.replace("  target:", "  '2025':").replace("at_least: 2", "at_least: -2")
    (problem,) = problems(lambda: gpuplan.load(written(tmp_path, "a.yaml", text)))
    assert (problem.path, problem.line) == ("limits.2025.at_least", 20)


@pytest.mark.parametrize("key", ["²", "a.b", "", "a b", "0", "一"])
def test_an_odd_key_is_told_like_any_other(key: str) -> None:
    """Proves that no key crashes the loader. If broken, '²', a digit to `isdigit` but not to `int`, is a ValueError."""
    found = problems(lambda: gpuplan.load(f'{YAML}"{key}": 1\n'))
    assert any("unknown key" in problem.message for problem in found)


def test_references_to_nothing_are_placed_and_name_what_is_near(tmp_path: Path) -> None:
    """Proves orphan references: all told at once, each at its line with the nearest id."""
    text = YAML.replace("vendor: shop", "vendor: shap").replace("  target:", "  target:\n    select: {site: plan}")
    found = {problem.path: problem for problem in problems(lambda: gpuplan.load(written(tmp_path, "a.yaml", text)))}
    assert set(found) == {"offers.quote.vendor", "limits.target.select.site"}
    assert found["offers.quote.vendor"].line == 11
    assert found["offers.quote.vendor"].message == "there is no vendor 'shap'"
    assert "shop" in found["offers.quote.vendor"].way_out
    assert "plant" in found["limits.target.select.site"].way_out


def test_an_empty_section_is_told_in_words_of_the_file(tmp_path: Path) -> None:
    """Proves that `offers:` with nothing below it is explained. If broken, "instance of Offer" is all that is said."""
    text = YAML.replace(
        "  quote:\n    vendor: shop\n    system: box\n    price: 100.10\n    max_units: 5\n", "  quote:\n"
    )
    (problem,) = problems(lambda: gpuplan.load(written(tmp_path, "a.yaml", text)))
    assert problem.path == "offers.quote"
    assert "instance of" not in problem.message


def test_remarks_are_placed_too(tmp_path: Path) -> None:
    """Proves that warnings carry lines: 7 systems wanted of 5 that can be had."""
    path = written(tmp_path, "a.yaml", YAML.replace("at_least: 2", "at_least: 7"))
    instance, remarks = warnings_of(path)
    assert [(remark.path, remark.line, remark.severity) for remark in remarks] == [
        ("limits.target.at_least", 20, "warning")
    ]
    assert gpuplan.check(path) == remarks
    assert [remark.message for remark in gpuplan.check(instance)] == [remark.message for remark in remarks]


@pytest.mark.parametrize(
    "tree",
    [
        {"offers": []},
        {"systems": "x"},
        {"sites": {"plant": 5}},
        {"existing": []},
        {"existing": {"systems": {"a": {"system": [1]}}}},
        {"calendar": None},
        {"objective": {}},
        {"economics": {"exchange_rates": []}},
        {"offers": {"a": None}},
        {"sites": {"plant": {"modules": [1], "tariff": 5, "capacity": []}}},
    ],
)
def test_a_section_of_the_wrong_shape_is_told(tree: dict[str, Any]) -> None:
    """Proves that nothing about the shape of a document crashes the catalogue, the schema or the checks."""
    assert problems(lambda: gpuplan.load(json.dumps({**JSON, **tree})))


def test_a_file_may_extend_its_namesake_in_a_folder_below(tmp_path: Path) -> None:
    """Proves that a cycle is one of files, not of names: a.yaml over sub/a.yaml is a chain of two."""
    written(tmp_path, "sub/a.yaml", YAML)
    assert gpuplan.load(written(tmp_path, "a.yaml", "extends: sub/a.yaml\n")).name == "small"


def test_a_day_that_is_no_day_hides_no_other_fault() -> None:
    """Proves that values which may not be used are told with all the other faults, each once. If broken, one alone."""
    text = YAML.replace("start: 2025-01-01", "start: 2025-13-01").replace("100.10", "1e999")
    found = problems(lambda: gpuplan.load(text.replace("shop: {}", "shop: {contry: US}")))
    assert [(one.path, one.line) for one in found] == [
        ("calendar.start", 3),
        ("offers.quote.price", 13),
        ("vendors.shop.contry", 8),
    ]
    assert "not a day of the calendar" in found[0].message


@pytest.mark.parametrize("suffix", ["json", "toml"])
def test_a_number_that_is_out_of_range_hides_no_other_fault(suffix: str, tmp_path: Path) -> None:
    """Proves the same of formats whose numbers are looked at after reading."""
    text = json.dumps(JSON).replace("100.1", "1e999") if suffix == "json" else TOML.replace("100.10", "1e999")
    file = tmp_path / f"bad.{suffix}"
    file.write_text(text.replace("max_units", "most_units"), "utf-8")
    assert [one.path for one in problems(lambda: gpuplan.load(file))] == [
        "offers.quote.price",
        "offers.quote.most_units",
    ]


def test_a_value_that_may_not_be_used_stops_an_instance_that_is_right_but_for_it() -> None:
    """Proves that text in its place is never taken: a note may be any text. If broken, `1e999` is read as a note."""
    found = problems(lambda: gpuplan.load(YAML.replace("name: small", "name: small\nnote: 1e999")))
    assert [one.path for one in found] == ["note"]


def test_a_base_and_what_extends_it_are_both_told_of(tmp_path: Path) -> None:
    """Proves it over the files of an instance."""
    (tmp_path / "base.yaml").write_text(YAML.replace("by: 2025-06-30", "by: 2025-06-31"), "utf-8")
    (tmp_path / "over.yaml").write_text("extends: base.yaml\ncalendar: {start: 2025-02-30, perods: 3}\n", "utf-8")
    found = problems(lambda: gpuplan.load(tmp_path / "over.yaml"))
    assert [(Path(one.file).name, one.path) for one in found] == [
        ("over.yaml", "calendar.start"),
        ("base.yaml", "limits.target.by"),
        ("over.yaml", "calendar.perods"),
    ]
