"""Reading documents: exact values, a place for everything, and a clear refusal for whatever is not as it should be."""

from __future__ import annotations

import json
import os
import pickle
import string
import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gpuplan.errors import InvalidInput, Problem
from gpuplan.instance import document, yaml_events
from gpuplan.instance.document import Document, Mark, names_a_file, read_document

YAML = """\
# A small instance.
name: test
calendar:
  start: 2025-09-30
offers:
  nhn-b200:
    price: 512_000.50
    steps:
      - {from: 2026-01-01, price: 1e6}
      - price: .5
"""


def problems_of(source: Path | str | bytes, tmp_path: Path | None = None, **options: Any) -> tuple[Problem, ...]:
    """Problems raised by reading a source; fails if it is accepted."""
    if isinstance(source, bytes):
        assert tmp_path is not None
        (tmp_path / "instance.yaml").write_bytes(source)
        source = tmp_path / "instance.yaml"
    with pytest.raises(InvalidInput) as caught:
        read_document(source, **options)
    assert caught.value.problems
    assert str(caught.value)
    return caught.value.problems


def value_of(scalar: str, **options: Any) -> object:
    return read_document(f"a: {scalar}\n", **options).value["a"]


# Values


def test_yaml_is_read_into_plain_exact_values() -> None:
    """Proves that mappings, lists, days and numbers arrive as plain exact values. If broken, prices are rounded."""
    assert read_document(YAML).value == {
        "name": "test",
        "calendar": {"start": date(2025, 9, 30)},
        "offers": {
            "nhn-b200": {
                "price": Decimal("512000.50"),
                "steps": [{"from": date(2026, 1, 1), "price": Decimal("1e6")}, {"price": Decimal("0.5")}],
            }
        },
    }


def test_the_three_formats_say_the_same(tmp_path: Path) -> None:
    """Proves that one document reads alike in every format. If broken, results depend on how a file is written."""
    (tmp_path / "i.yml").write_text("a: {b: [1, 2.50, true, x]}\n")
    (tmp_path / "i.json").write_text('{"a": {"b": [1, 2.50, true, "x"]}}')
    (tmp_path / "i.toml").write_text('a.b = [1, 2.50, true, "x"]\n')
    read = [read_document(tmp_path / name) for name in ("i.yml", "i.json", "i.toml")]
    assert [each.format for each in read] == ["yaml", "json", "toml"]
    for each in read:
        assert each.value == {"a": {"b": [1, Decimal("2.50"), True, "x"]}}
        assert [type(item) for item in each.value["a"]["b"]] == [int, Decimal, bool, str]  # type: ignore[index]


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("NULL", None),
        ('""', ""),
        ('"true"', "true"),
        ("'1'", "1"),
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("1_000", 1000),
        ("1__000", "1__000"),
        ("1_", "1_"),
        ("_1", "_1"),
        ("1e6", Decimal("1e6")),
        ("1.5e-3", Decimal("0.0015")),
        (".5", Decimal("0.5")),
        ("-.5", Decimal("-0.5")),
        ("1.", Decimal(1)),
        ("0.10", Decimal("0.10")),
        ("1_000.000_1", Decimal("1000.0001")),
        ("0e999999999999", Decimal(0)),
        ("1e18", Decimal("1e18")),
        ("1000000000000000000", 10**18),
        ("1e-18", Decimal("1e-18")),
        ("017", "017"),
        ("00", "00"),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("12:30", "12:30"),
        ("1.2.3", "1.2.3"),
        ("1e", "1e"),
        (".", "."),
        ("-", "-"),
        ("\u0661", "\u0661"),
        ("nan", "nan"),
        ("inf", "inf"),
        ("Nanjing", "Nanjing"),
        ("2025-09-30", date(2025, 9, 30)),
        ("2025-9-30", "2025-9-30"),
        ('"2025-09-30"', "2025-09-30"),
        ("2025-09", "2025-09"),
        ("2025-09-30 to 2025-10-01", "2025-09-30 to 2025-10-01"),
        ("|\n  1\n", "1\n"),
    ],
)
def test_a_yaml_scalar_means_what_it_looks_like(scalar: str, value: object) -> None:
    """Proves the meaning of unquoted scalars. If broken, Norway becomes false or a version becomes a number."""
    if scalar == "-":
        assert yaml_events.resolve(scalar) == value
        return
    read = value_of(scalar)
    assert read == value
    assert type(read) is type(value)


@given(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**18), max_value=10**18, places=9),
    st.sampled_from(["yaml", "json", "toml"]),
)
def test_a_number_is_taken_exactly_as_written(number: Decimal, kind: str) -> None:
    """Proves that no digit is lost in any format. If broken, money is summed from binary fractions."""
    written = f"{number:f}"
    text = {"yaml": f"a: {written}", "json": f'{{"a": {written}}}', "toml": f"a = {written}"}[kind]
    read = read_document(text, format=kind).value["a"]  # type: ignore[arg-type]
    assert isinstance(read, Decimal)
    assert read == number


@given(st.text())
def test_any_text_that_shows_survives_yaml_and_json(text: str) -> None:
    """Proves that quoted text is read unchanged. If broken, names and notes are corrupted."""
    for written in (json.dumps({"a": text}), "a: " + json.dumps(text, ensure_ascii=False)):
        try:
            read = read_document(written)
        except InvalidInput:
            assert yaml_events.unprintable(text) is not None or "\r" in text
        else:
            assert read.value == {"a": text}


@pytest.mark.parametrize("kind", ["yaml", "json", "toml"])
@pytest.mark.parametrize(
    ("number", "rule"),
    [
        ("1e400", "out of range"),
        ("-1e400", "out of range"),
        ("1e999999999", "out of range"),
        ("1e-999999999", "out of range"),
        ("1e99999999999999999999999999", "out of range"),
        ("1.1e18", "between 1e-18 and 1e+18"),
        ("1000000000000000001", "1e18|1e\\+18"),
        ("9e-19", "out of range"),
        ("1.0000000000000000000000000000001", "32 significant digits; a number may have at most 30"),
        ("1" * 100_000, "significant digits|out of range"),
        ("1." + "1" * 1_000_000, "significant digits"),
        ("NaN", "finite|not TOML"),
        ("-Infinity", "finite|not TOML"),
    ],
)
def test_an_extreme_number_is_refused_at_once(kind: str, number: str, rule: str) -> None:
    """Proves that size and digits are judged from the text. If broken, one number can take all time and memory."""
    text = {"yaml": f"b: 1\na: {number}", "json": f'{{"b": 1,\n"a": {number}}}', "toml": f"b = 1\na = {number}"}[kind]
    begun = time.perf_counter()
    (problem,) = problems_of(text, format=kind)
    assert time.perf_counter() - begun < 1
    assert any(part.replace("\\", "") in problem.message for part in rule.split("|"))
    assert problem.line == 2 or "whole number" in problem.message
    assert len(str(problem)) < 300


@pytest.mark.parametrize("scalar", [".inf", "-.INF", "+.Inf", ".nan", ".NaN", "NaN", "Infinity", "-Infinity"])
def test_a_number_that_is_not_finite_is_refused_in_yaml(scalar: str) -> None:
    """Proves that no infinity gets in. If broken, a budget without end passes every comparison."""
    (problem,) = problems_of(f"a: {scalar}")
    assert "finite" in problem.message
    assert (problem.path, problem.line, problem.column) == ("a", 1, 4)


def test_infinity_and_nan_are_refused_in_toml() -> None:
    """Proves the same of TOML's own spelling. If broken, TOML is a way around the rule."""
    problems = problems_of("a = inf\nb = -nan\n", format="toml")
    assert [(problem.path, problem.line) for problem in problems] == [("a", 1), ("b", 2)]


def test_leading_zeros_do_not_hide_the_size_of_a_number() -> None:
    """Proves that zeros outside the significant digits are free. If broken, 0.00…1e50 is misjudged."""
    assert value_of("0." + "0" * 49 + "1e50") == 1
    assert value_of("0." + "0" * 400) == 0
    assert value_of("1e000000000000000000001") == 10


# Days


def test_a_day_that_does_not_exist_is_refused_with_its_line() -> None:
    """Proves that calendar errors are caught where they stand. If broken, a typo moves a deadline."""
    (problem,) = problems_of("a: 1\nb:\n  - 2025-02-30\n")
    assert (problem.path, problem.line, problem.column) == ("b.0", 3, 5)
    assert "2025-02-30" in problem.message


@pytest.mark.parametrize("moment", ["2025-01-01T10:00:00Z", "2025-01-01 10:00", "2025-1-1t1:00:00.5 +9"])
def test_a_time_of_day_is_refused_in_yaml(moment: str) -> None:
    """Proves that only whole days are read. If broken, a time zone can move a day."""
    (problem,) = problems_of(f"a: {moment}")
    assert "whole days" in problem.message


def test_times_are_refused_and_days_are_read_in_toml() -> None:
    """Proves the same of TOML, which has times of its own. If broken, the schema meets a datetime."""
    assert read_document("a = 2025-01-01", format="toml").value == {"a": date(2025, 1, 1)}
    problems = problems_of("a = 2025-01-01T10:00:00\nb = 10:00:00\n[c]\nd = 2025-01-01 10:00:00Z", format="toml")
    assert [(problem.path, problem.line) for problem in problems] == [("a", 1), ("b", 2), ("c.d", 4)]


def test_a_day_in_json_stays_text() -> None:
    """Proves that JSON text is never guessed to be a day. If broken, a name can become a date."""
    assert read_document('{"a": "2025-01-01"}').value == {"a": "2025-01-01"}


# Keys


def test_a_duplicate_key_is_refused_with_both_lines() -> None:
    """Proves that no key is silently overwritten. If broken, the first of two prices is lost."""
    (problem,) = problems_of("a:\n  price: 1\n  other: 2\n  price: 3\n")
    assert "lines 2 and 4" in problem.message
    assert (problem.path, problem.line, problem.column) == ("a.price", 4, 3)


def test_a_duplicate_key_in_json_is_refused_with_both_lines() -> None:
    """Proves the same of JSON, whose reader would keep the last. If broken, the first of two prices is lost."""
    (problem,) = problems_of('{"x": [{"a": 1,\n "b": {"c": 1},\n "\\u0061": 3}]}', format="json")
    assert "lines 1 and 3" in problem.message
    assert (problem.path, problem.line, problem.column) == ("x.0.a", 3, 2)


def test_a_duplicate_key_in_toml_is_refused_with_its_line() -> None:
    """Proves that TOML's own rule is passed on with its place. If broken, the author has to search."""
    (problem,) = problems_of("a = 1\na = 2\n", format="toml")
    assert problem.line == 2


def test_every_bad_key_and_value_is_reported_together() -> None:
    """Proves that problems which do not end the reading are gathered. If broken, errors come out one run at a time."""
    problems = problems_of("a: 1e400\na: 2025-02-30\n2025: .nan\n")
    assert [problem.line for problem in problems] == [1, 2, 2, 3, 3]


@pytest.mark.parametrize("key", ["2025", "true", "~", "1.5", "2025-01-01", "1e400", "2025-02-30", ".nan"])
def test_a_key_that_is_no_text_is_refused_with_advice_to_quote_it(key: str) -> None:
    """Proves that keys are text as written. If broken, `2025` and `"2025"` are different keys."""
    (problem,) = problems_of(f"{key}: 1")
    assert f'Quote it: "{key}"' in problem.way_out
    assert read_document(f'"{key}": 1').value == {key: 1}


@pytest.mark.parametrize("text", ["? [a]\n: 1", "{a: 1}: 2", "a: &x b\n*x : 1", "? \n: 1"])
def test_a_key_that_is_not_written_as_text_is_refused(text: str) -> None:
    """Proves that only scalars are keys. If broken, an unhashable key is a traceback."""
    assert "a key must be text" in problems_of(text)[0].message


def test_an_unquoted_merge_key_is_refused_and_a_quoted_one_is_text() -> None:
    """Proves that merging is never silently left undone. If broken, `<<` passes for an ordinary key."""
    (problem,) = problems_of("a: &a {x: 1}\nb:\n  <<: *a\n")
    assert "merge keys" in problem.message
    assert problem.line == 3
    assert read_document('"<<": 1').value == {"<<": 1}


# YAML beyond plain values


@pytest.mark.parametrize(
    "text", ["a: !!python/object/apply:os.system [x]", "a: !foo 1", "a: !!str 1", "a: ! x", "!!map {}", "!x a: 1"]
)
def test_an_explicit_tag_is_refused(text: str) -> None:
    """Proves that no tag is followed. If broken, a document can run code or change types."""
    problem = problems_of(text)[0]
    assert "tag" in problem.message
    assert problem.line == 1


def test_a_second_document_is_refused() -> None:
    """Proves that a file is one document. If broken, half of a file is ignored."""
    (problem,) = problems_of("a: 1\n---\nb: 2\n")
    assert "second document" in problem.message
    assert problem.line == 2


def test_a_directive_is_refused() -> None:
    """Proves that directives are not followed. If broken, a list of them takes quadratic time."""
    assert "directives" in problems_of("# x\n%YAML 1.1\n---\na: 1\n")[0].message


def test_an_alias_stands_for_a_copy() -> None:
    """Proves that plain aliases work and share nothing. If broken, changing one place changes another."""
    value: Any = read_document("a: &x {p: [1], q: &y 2}\nb: *x\nc: [*y, *y]\n").value
    assert value == {"a": {"p": [1], "q": 2}, "b": {"p": [1], "q": 2}, "c": [2, 2]}
    assert value["a"] is not value["b"]
    assert value["a"]["p"] is not value["b"]["p"]


@pytest.mark.parametrize("text", ["a: *x", "a: &x [*x]", "a: &x {b: *x}"])
def test_an_alias_of_nothing_complete_is_refused(text: str) -> None:
    """Proves that an alias needs an anchor that is closed. If broken, a value contains itself."""
    assert "the alias *x" in problems_of(text)[0].message


def test_a_billion_laughs_are_refused_at_once() -> None:
    """Proves that expansion is counted before it is done. If broken, a small file fills the memory."""
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    begun = time.perf_counter()
    assert "2,000,000 values" in problems_of("\n".join(lines))[0].message
    assert time.perf_counter() - begun < 5


def test_depth_built_from_aliases_is_refused() -> None:
    """Proves that depth is counted with aliases written out. If broken, a flat file overflows the stack."""
    lines = ["a0: &a0 []", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 5000))]
    (problem,) = problems_of("\n".join(lines))
    assert "64 deep" in problem.message
    assert problem.line == 64


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_64_levels_are_read_and_65_are_refused(kind: str) -> None:
    """Proves the limit exactly. If broken, formats disagree on what is too deep."""
    fits = '{"a": ' + "[" * 63 + "]" * 63 + "}"
    assert read_document(fits, format=kind).format == kind  # type: ignore[arg-type]
    (problem,) = problems_of('{"a":\n ' + "[" * 64 + "]" * 64 + "}", format=kind)
    assert "64 deep" in problem.message
    assert problem.line == 2 or kind == "json"


@pytest.mark.parametrize("opening", ["[", "{a: ", '{"a":', "- ", "? ", "a = [", "[[", "a.", '"a".'])
@pytest.mark.parametrize("kind", ["yaml", "json", "toml", None])
def test_100_000_levels_are_refused_quickly(opening: str, kind: Any) -> None:
    """Proves that depth is judged before anything recurses. If broken, a file crashes the process."""
    begun = time.perf_counter()
    problems_of(opening * 100_000, format=kind)
    problems_of('{"a": ' + opening * 100_000, format=kind)
    problems_of("a = " + opening * 100_000, format=kind)
    assert time.perf_counter() - begun < 5


def test_too_deep_json_says_where() -> None:
    """Proves that even what the JSON reader gives up on is placed. If broken, the author has to search."""
    (problem,) = problems_of('{"a":\n' + "[" * 100_000 + "]" * 100_000 + "}", format="json")
    assert (problem.line, problem.column) == (2, 64)


def test_more_values_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that values are counted in every format. If broken, memory is the only limit."""
    monkeypatch.setattr(yaml_events, "NODES", 10)
    monkeypatch.setattr(document, "NODES", 10)
    for kind in ("yaml", "json"):
        read_document('{"a": [1,2,3,4,5,6,7,8]}', format=kind)
        assert "values" in problems_of('{"a": [1,2,3,4,5,6,7,8,9]}', format=kind)[0].message


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "\ta: 1", "a: 'x", "a:\n\t- 1", "a: @x", "a: 1\n b: 2"])
def test_broken_yaml_is_refused_with_its_place(text: str) -> None:
    """Proves that the parser's complaint is passed on with its place. If broken, the author has to search."""
    (problem,) = problems_of(text)
    assert "not YAML" in problem.message
    assert problem.line is not None
    assert problem.column is not None


@pytest.mark.parametrize("kind", ["json", "toml"])
def test_broken_json_and_toml_are_refused_with_their_place(kind: str) -> None:
    """Proves the same of the other formats. If broken, the author has to search."""
    text = {"json": '{"a": 1,\n "b" 2}', "toml": "a = 1\nb 2\n"}[kind]
    (problem,) = problems_of(text, format=kind)
    assert f"not {kind.upper()}" in problem.message
    assert problem.line == 2


def test_toml_that_ends_too_soon_is_placed_at_its_end() -> None:
    """Proves that an error at the end has a line too. If broken, the place is missing."""
    (problem,) = problems_of('a = 1\nb = """\nx', format="toml")
    assert problem.line == 3


def test_flow_yaml_that_is_no_json_is_still_read() -> None:
    """Proves that a text that starts with a brace may be YAML. If broken, `{a: 1}` is refused."""
    assert read_document("{a: 1, b: [x]}").format == "yaml"
    assert read_document('{"a": 1}').format == "json"


# Marks


def test_marks_are_those_of_keys_and_list_items() -> None:
    """Proves where messages point. If broken, they point at the wrong line."""
    read = read_document(YAML)
    assert read.mark(()) == Mark(2, 1)
    assert read.mark(("offers", "nhn-b200")) == Mark(6, 3)
    assert read.mark(("offers", "nhn-b200", "price")) == Mark(7, 5)
    assert read.mark(("offers", "nhn-b200", "steps", 0, "price")) == Mark(9, 28)
    assert read.mark(("offers", "nhn-b200", "steps", 1)) == Mark(10, 9)


def test_an_unknown_place_has_the_mark_of_what_encloses_it() -> None:
    """Proves that a missing key is placed too. If broken, `field required` has no line."""
    read = read_document(YAML)
    assert read.mark(("offers", "nhn-b200", "vendor", "x")) == Mark(6, 3)
    assert read.mark(("sites",)) == read.mark(())
    assert str(read.problem(("offers", "nhn-b200", "vendor"), "missing", "Add it.")) == (
        "<text>:6:3: offers.nhn-b200.vendor: missing. Add it."
    )


def test_marks_in_json_agree_with_those_in_yaml() -> None:
    """Proves the JSON scanner against the YAML parser. If broken, one of them points at the wrong line."""
    text = '{"a, [b": [1, {"c": "}"},\n  [], [true, [null]]],\n\n "d\\"": {}, "e": {"f": -1.5e3}}'
    assert read_document(text, format="json").marks == read_document(text, format="yaml").marks


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-100, 100) | st.text(string.printable[:95]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(string.printable[:95]), inner),
)


@given(st.dictionaries(st.text(string.printable[:95]), JSON), st.sampled_from([None, 1]))
def test_marks_and_values_of_any_json_agree_with_yaml(value: dict[str, Any], indent: int | None) -> None:
    """Proves that a JSON document is the same read as YAML. If broken, two readers of one text disagree."""
    text = json.dumps(value, indent=indent)
    as_json, as_yaml = read_document(text, format="json"), read_document(text, format="yaml")
    assert as_json.value == as_yaml.value == value
    assert as_json.marks == as_yaml.marks


def test_toml_marks_are_found_for_headers_keys_and_lists_of_tables() -> None:
    """Proves the search for TOML places. If broken, messages about TOML have no useful line."""
    lines = [
        "name = 'x'",
        "[offers.nhn-b200]  # comment",
        "price = 1",
        'note = """',
        "price = 2",
        '"""',
        "  [[offers.nhn-b200.steps]]",
        "  price = 1",
        "  [[offers.nhn-b200.steps]]",
        '  "price" = { a = 1 }',
        "[offers.nhn-b200.steps.sub]",
        "x.y = 1",
    ]
    read = read_document("\n".join(lines), format="toml")
    offer = ("offers", "nhn-b200")
    assert read.mark(("name",)) == Mark(1, 1)
    assert read.mark(offer) == Mark(2, 1)
    assert read.mark((*offer, "price")) == Mark(3, 1)
    assert read.mark((*offer, "steps", 0, "price")) == Mark(8, 3)
    assert read.mark((*offer, "steps", 1, "price", "a")) == Mark(10, 3)
    assert read.mark((*offer, "steps", 1, "sub", "x", "y")) == Mark(12, 1)
    assert read.mark(("nothing",)) == Mark(1, 1)


def test_marks_count_lines_as_editors_do() -> None:
    """Proves that Windows line ends and a byte order mark shift nothing. If broken, lines are off by some."""
    read = read_document("\ufeffa: 1\r\nb: |\r\n  x\r\nc: 3\r\n")
    assert read.value == {"a": 1, "b": "x\n", "c": 3}
    assert read.mark(("c",)) == Mark(4, 1)


# Text


@pytest.mark.parametrize("data", [b"a: \xff", b"a: 1\nb: \xc3(", "a: 1".encode("utf-16"), b"\xed\xa0\x80: 1"])
def test_what_is_not_utf_8_is_refused_with_its_offset(data: bytes, tmp_path: Path) -> None:
    """Proves that no encoding is guessed. If broken, names are silently corrupted."""
    (problem,) = problems_of(data, tmp_path)
    assert "not UTF-8 text; byte offset" in problem.message
    assert problem.line is not None


@pytest.mark.parametrize("char", ["\0", "\x07", "\x1b", "\x0c", "\x7f", "\x85", "\r", "\u2028", "\ufeff", "\ud800"])
def test_a_character_that_does_not_show_is_refused(char: str) -> None:
    """Proves that documents hold only what can be seen. If broken, a terminal is made to lie."""
    (problem,) = problems_of(f"a: 1\nb: x{char}y")
    assert f"U+{ord(char):04X}" in problem.message
    assert (problem.line, problem.column) == (2, 5)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('b: 1\n"a": "\\e[2J"', "yaml"),
        ('b: 1\n"\\0": 1', "yaml"),
        ('{"b": 1,\n"a": "\\u0000"}', "json"),
        ('{"b": 1,\n"a": "\\ud800"}', "json"),
        ('{"b": 1,\n"\\u001b": 1}', "json"),
        ('b = 1\na = "\\u0000"', "toml"),
    ],
)
def test_an_escaped_character_that_does_not_show_is_refused_too(text: str, kind: str) -> None:
    """Proves that escapes are no way around the rule. If broken, reports print what they are told to."""
    (problem,) = problems_of(text, format=kind)
    assert "U+" in problem.message
    assert problem.line == 2
    assert str(problem).isprintable()


@pytest.mark.parametrize("text", ["", "   \n\n", "# only a comment\n  # and another", "\ufeff"])
@pytest.mark.parametrize("kind", ["yaml", "json", "toml", None])
def test_an_empty_document_is_refused(text: str, kind: Any) -> None:
    """Proves that emptiness is named. If broken, the author is told that a dozen keys are missing."""
    assert "is empty" in problems_of(text, format=kind)[0].message


@pytest.mark.parametrize("text", ["- a", "just text", "---\n", "~", "3", "[1]"])
def test_a_root_that_is_no_mapping_is_refused(text: str) -> None:
    """Proves that the schema always gets a mapping. If broken, a list is a traceback."""
    assert "must be a mapping" in problems_of(text)[0].message


@pytest.mark.parametrize("text", ["[1]", "3", "NaN", '"x"', "1e400", "null"])
def test_a_json_root_that_is_no_mapping_is_refused(text: str) -> None:
    """Proves the same of JSON, refused numbers included. If broken, a list is a traceback."""
    assert "must be a mapping" in problems_of(text, format="json")[0].message


# Files


def test_a_source_is_a_file_if_it_looks_like_one_or_is_one(tmp_path: Path) -> None:
    """Proves how callers can tell. If broken, a mistyped file name is read as a document."""
    (tmp_path / "plain").write_text("a: 1")
    assert names_a_file(Path("x"))
    assert names_a_file("missing.YAML")
    assert names_a_file(str(tmp_path / "plain"))
    assert names_a_file(str(tmp_path))
    assert not names_a_file("a: 1")
    assert not names_a_file("a: 1\nb: x.yaml")
    assert not names_a_file("")
    assert not names_a_file("x\0y")
    assert not names_a_file("x" * 100_000)


def test_a_file_without_a_known_suffix_is_told_by_its_text(tmp_path: Path) -> None:
    """Proves that a suffix is not required. If broken, an exported file has to be renamed."""
    (tmp_path / "plain").write_text('{"a": 1}')
    assert read_document(str(tmp_path / "plain")).format == "json"
    assert read_document(tmp_path / "plain", format="yaml").format == "yaml"


def test_a_missing_file_is_reported_with_names_like_it(tmp_path: Path) -> None:
    """Proves that a typo in a name is explained. If broken, the author has to list the folder."""
    (tmp_path / "instance.yaml").write_text("a: 1")
    (problem,) = problems_of(str(tmp_path / "instnace.yaml"))
    assert "no such file" in problem.message
    assert "Did you mean instance.yaml?" in problem.way_out
    assert problem.file == str(tmp_path / "instnace.yaml")
    assert "cannot be listed" in problems_of(tmp_path / "no" / "x.yaml")[0].way_out
    assert problems_of(tmp_path / "zzz.toml")[0].way_out == "Check the path."


def test_a_folder_or_pipe_or_device_is_refused_without_opening_it(tmp_path: Path) -> None:
    """Proves that nothing that may block is opened. If broken, reading hangs for ever."""
    os.mkfifo(tmp_path / "pipe.yaml")
    assert "folder" in problems_of(tmp_path)[0].message
    assert "pipe" in problems_of(tmp_path / "pipe.yaml")[0].message
    assert "device" in problems_of(Path("/dev/zero"))[0].message


def test_what_cannot_be_opened_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that the system's errors become ours. If broken, the author sees a traceback."""
    (tmp_path / "a.yaml").write_text("a: 1")
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    assert "cannot be read" in problems_of(tmp_path / "loop.yaml")[0].message
    assert "cannot be read" in problems_of(tmp_path / "a.yaml" / "b.yaml")[0].message
    assert "cannot be read" in problems_of(tmp_path / ("x" * 5000))[0].message
    assert "null" in problems_of(Path("a\0b.yaml"))[0].message
    assert str(problems_of(Path("a\x1b\udcff.yaml"))[0]).isprintable()

    def forbidden(*_args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    assert "may not be read" in problems_of(tmp_path / "a.yaml")[0].message


def test_a_document_over_20_mb_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that size is judged first. If broken, a wrong file name fills the memory."""
    with (tmp_path / "large.yaml").open("wb") as stream:
        stream.truncate(3_000_000_000)
    monkeypatch.setattr(Path, "open", None)
    (problem,) = problems_of(tmp_path / "large.yaml")
    assert "3,000.0 MB" in problem.message
    assert "at most 20 MB" in problem.message
    assert "at most 20 MB" in problems_of("#\n" + "x" * 20_000_000)[0].message


def test_a_file_that_grows_while_it_is_read_is_still_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that the limit holds for what is read, not only for what was announced. If broken, it can be evaded."""
    (tmp_path / "a.yaml").write_text("a: 1234567890")
    monkeypatch.setattr(document, "BYTES", 5)
    monkeypatch.setattr(os, "stat", lambda *_a, **_k: os.stat_result((0o100644, 0, 0, 0, 0, 0, 1, 0, 0, 0)))
    assert "6 bytes" in problems_of(tmp_path / "a.yaml")[0].message


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder `in` with a document, beside one outside, and links across."""
    inside = tmp_path / "in"
    (inside / "sub").mkdir(parents=True)
    (inside / "base.yaml").write_text("a: 1")
    (tmp_path / "in-other.yaml").write_text("a: 2")
    (inside / "link.yaml").symlink_to(tmp_path / "in-other.yaml")
    (inside / "near.yaml").symlink_to("base.yaml")
    return inside


@pytest.mark.parametrize("source", ["base.yaml", "sub/../base.yaml", "near.yaml", Path("base.yaml"), "../in/base.yaml"])
def test_a_path_that_stays_in_its_folder_is_read(folder: Path, source: Path | str) -> None:
    """Proves that the guard lets through what it should. If broken, `extends` is of no use."""
    assert read_document(source, folder=folder).value == {"a": 1}


@pytest.mark.parametrize("source", ["../in-other.yaml", "link.yaml", "/etc/passwd", "sub/../../in-other.yaml", ".."])
def test_a_path_that_leads_out_of_its_folder_is_refused(folder: Path, source: str) -> None:
    """Proves that a document cannot reach outside its folder. If broken, a shared instance can read any file."""
    (problem,) = problems_of(source, folder=folder)
    assert "leads out" in problem.message or "absolute" in problem.message
    assert "relative path" in problem.way_out


@pytest.mark.parametrize("source", ["a: 1", "a\0.yaml", "none.yaml", "sub", ""])
def test_within_a_folder_every_source_is_a_file(folder: Path, source: str) -> None:
    """Proves that `extends` never takes text for a document. If broken, a mistyped name is an instance."""
    problems_of(source, folder=folder)


# Whatever comes


def read_or_refuse(source: Any, **options: Any) -> Document | None:
    """Read a source, letting only InvalidInput be raised, with problems that can be printed."""
    try:
        return read_document(source, **options)
    except InvalidInput as error:
        assert str(error).encode()  # noqa: PT017 (either outcome is fine)
        return None


MARKS = "{}[]:,-?&*!|>'\"%@#~<\\\n\t =.0179aexn_"
WORDS = """
    1e400 .nan NaN 2025-02-30 2025-01-01T00:00:00Z 0x 1_0 true << a.b [[ ]] \"\"\" \'\'\' &x *x !!str é 😀
    \\u \\ud800 \\x00 \\UFFFFFFFF \"a\":
"""
LINES = ["  ", "- ", ": ", "a: ", "*x : ", "<<: ", " = ", "---\n", "...\n", "%YAML 1.1\n", "\r\n", "\ufeff", "\x85"]
PIECES = st.sampled_from([*MARKS, *WORDS.split(), *LINES])
MESS = st.lists(PIECES, max_size=40).map("".join) | st.text()
FORMATS: Any = st.sampled_from([None, "yaml", "json", "toml"])


@settings(max_examples=2000, deadline=None)
@given(MESS, FORMATS)
@example("a: 0o", "toml")
def test_any_text_is_read_or_refused_properly(text: str, kind: Any) -> None:
    """Proves that no text raises anything but InvalidInput. If broken, users see tracebacks."""
    read = read_or_refuse(text + "\n", format=kind)
    if read is not None:
        assert () in read.marks
        assert all(mark.line >= 1 and mark.column >= 1 for mark in read.marks.values())


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), FORMATS)
def test_any_bytes_are_read_or_refused_properly(tmp_path: Path, data: bytes, kind: Any) -> None:
    """Proves that no bytes raise anything but InvalidInput. If broken, users see tracebacks."""
    path = tmp_path / "any.yaml"
    path.write_bytes(data)
    read_or_refuse(path, format=kind)


SAMPLES = [
    ("yaml", YAML),
    ("json", '{"name": "x", "offers": {"o": {"price": 1.5, "steps": [{"from": "2026-01-01"}, {"a": null}]}}}'),
    ("toml", 'name = "x"\n[offers.o]\nprice = 1.5\nday = 2025-01-01\n[[offers.o.steps]]\na = [1, {b = 2}]\n'),
]


@settings(max_examples=2000, deadline=None)
@given(st.sampled_from(SAMPLES), st.data())
def test_a_mutated_document_is_read_or_refused_properly(sample: tuple[str, str], data: st.DataObject) -> None:
    """Proves the same of texts that are nearly right. If broken, a typo is a traceback."""
    kind, text = sample
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 5)))
        text = text[:start] + data.draw(PIECES) + text[end:]
    read = read_or_refuse(text + "\n", format=kind)
    if read is not None:
        assert read.marks


@settings(max_examples=1000, deadline=None)
@given(MESS)
def test_reading_without_libyaml_is_as_safe(text: str) -> None:
    """Proves that the pure Python parser raises nothing else either. If broken, platforms differ."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_events, "_Loader", yaml.SafeLoader)
        read_or_refuse(text + "\n", format="yaml")
        assert read_document(YAML).value["name"] == "test"


def test_reading_costs_a_few_times_what_the_parser_does() -> None:
    """Proves that a large instance is no hardship: marks, checks and numbers take no more than the events themselves.

    Both are taken in one run, in time of the processor. If broken, every command is slow.
    """
    offer = "  o-{0}:\n    vendor: v\n    price: 512_000.50\n    days: 120\n    from: 2025-09-30\n    tags: [a, b, 3]\n"
    text = "offers:\n" + "".join(offer.format(number) for number in range(55_000))
    assert len(text) > 5_000_000
    begun = time.process_time()
    for _ in yaml.parse(text, Loader=yaml.CSafeLoader):
        pass
    parsed = time.process_time()
    read_document(text)
    assert time.process_time() - parsed < 6 * (parsed - begun)


# Errors


def test_a_problem_renders_what_is_known_of_it() -> None:
    """Proves the form of messages. If broken, editors cannot jump to them."""
    assert str(Problem("wrong")) == "wrong"
    assert str(Problem("wrong", "Mend it.", "a.b", "f.yaml", 3, 4)) == "f.yaml:3:4: a.b: wrong. Mend it."
    assert str(Problem("wrong", file="f.yaml")) == "f.yaml: wrong"


def test_at_most_50_problems_are_spelt_out() -> None:
    """Proves that a flood of problems stays readable. If broken, the terminal is swamped."""
    error = InvalidInput([Problem(f"p{number}") for number in range(53)])
    assert str(error).splitlines()[-2:] == ["p49", "and 3 more"]
    assert len(error.problems) == 53
    assert str(InvalidInput([Problem("p")])) == "p"


def test_an_error_survives_pickling() -> None:
    """Proves that errors cross process boundaries. If broken, a parallel run loses its message."""
    error = InvalidInput([Problem("wrong", line=3)])
    assert pickle.loads(pickle.dumps(error)).problems == error.problems


def test_the_whole_number_limit_of_the_interpreter_does_not_matter() -> None:
    """Proves that the interpreter's own digit limit is never met. If broken, settings change what is read."""
    limit = sys.get_int_max_str_digits()
    try:
        sys.set_int_max_str_digits(0)
        assert "significant digits" in problems_of("a: " + "1" * 5_000_000)[0].message
    finally:
        sys.set_int_max_str_digits(limit)
