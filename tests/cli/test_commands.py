"""Every command, its exit codes, what it writes where, and what it never does to files that are there."""

from __future__ import annotations

import csv
import json
import os
import stat
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import simplejson
import yaml
from typer.main import get_command

import gpuplan
from cli.running import BID, MODULE, ROOT, SOLVE, environment, ran, refused
from gpuplan.cli import app
from solver.hard import hard_instance

HALVED = [word for offer in "abcde" for word in ("--edit", f"offers.{offer}.max_units *= 0.5")]
NO_ROOM = ("--edit", "limits.requirement.at_least = 900000000")
COMMANDS: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
INSTANCES = sorted((ROOT / "instances").glob("*.yaml"))


@pytest.fixture(scope="module")
def plan_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan of the bid case, written by the command line."""
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    result = ran(BID, "--output", path)
    assert result.returncode == 0, result.stderr
    return path


@pytest.fixture(scope="module")
def plan_schema() -> dict[str, object]:
    return json.loads(ran("schema", "plan").stdout)


# Exit codes


def test_a_plan_is_exit_code_0_with_the_answer_on_standard_output_only() -> None:
    """Proves 0, a table on stdout and nothing on stderr. If broken, scripts take a plan for a failure."""
    result = ran(BID, "--details")
    assert result.returncode == 0
    assert result.stderr == ""
    for word in ("23,960,048", "a; c; e", "Optimal", "audit passed"):
        assert word in result.stdout


def test_infeasible_is_exit_code_1_and_names_the_rule() -> None:
    """Proves 1 and the conflict on stdout. If broken, "no room" looks like an error of use."""
    result = ran(BID, *HALVED)
    assert result.returncode == 1
    assert "limits.requirement" in result.stdout
    assert "Traceback" not in result.stderr


def test_infeasible_as_json_names_the_rule() -> None:
    """Proves the same for programs."""
    result = ran(BID, *NO_ROOM, "--format", "json")
    assert result.returncode == 1
    answer = json.loads(result.stdout)
    assert answer["status"] == "infeasible"
    assert [member["path"] for member in answer["conflict"]["members"]] == ["limits.requirement"]


def test_unbounded_is_exit_code_2() -> None:
    """Proves that an objective without end is invalid input. If broken, it is called infeasible."""
    edits = [
        "limits.requirement remove",
        "objective = [{maximise: {measure: systems, stage: signed}}]",
        "offers.a.max_units remove",
    ]
    result = ran(BID, *(word for edit in edits for word in ("--edit", edit)))
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_stopped_without_a_plan_is_exit_code_3(tmp_path: Path) -> None:
    """Proves 3, and that it is said. If broken, a limit that came too early looks like "infeasible"."""
    path = tmp_path / "hard.yaml"
    path.write_text(hard_instance(30, 6, 12, seed=1), encoding="utf-8")
    table = ran(path, "--time-limit", "0.05")
    assert table.returncode == 3, table.stderr
    assert table.stdout.strip()
    assert "Traceback" not in table.stderr
    answer = json.loads(ran(path, "--time-limit", "0.05", "--format", "json").stdout)
    assert answer["status"] == "no_plan_found"


def test_a_plan_that_does_not_hold_is_exit_code_4(plan_file: Path, tmp_path: Path) -> None:
    """Proves 4 for a forged plan, 0 for the true one. If broken, the audit is a rubber stamp."""
    assert ran("audit", BID, plan_file).returncode == 0
    plan = simplejson.loads(plan_file.read_text(encoding="utf-8"), use_decimal=True)
    plan["decisions"]["orders"][0]["units"] -= 1
    forged = tmp_path / "forged.json"
    forged.write_text(simplejson.dumps(plan, use_decimal=True), encoding="utf-8")
    result = ran("audit", BID, forged)
    assert result.returncode == 4
    assert "limits.requirement" in result.stdout
    assert "Traceback" not in result.stderr


def test_a_plan_of_another_edit_does_not_hold(plan_file: Path) -> None:
    """Proves that a plan is tied to its instance. If broken, last month's plan passes this month's audit."""
    assert ran("audit", BID, plan_file, "--edit", "offers.a.price *= 1.01").returncode == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--gap", "-1"], "gap"),
        (["--gap", "nan"], "gap"),
        (["--gap", "2"], "gap"),
        (["--gap", "inf"], "gap"),
        (["--gap", "tiny"], "--gap"),
        (["--threads", "0"], "threads"),
        (["--threads", "-3"], "threads"),
        (["--threads", "100000"], "threads"),
        (["--threads", "1.5"], "--threads"),
        (["--time-limit", "0"], "time"),
        (["--time-limit", "-1"], "time"),
        (["--time-limit", "nan"], "time"),
        (["--seed", "-1"], "seed"),
        (["--seed", "99999999999999999999"], "seed"),
        (["--memory-mb", "1"], "MB"),
        (["--format", "pdf"], "--format"),
        (["--no-such-option"], "--no-such-option"),
        (["another.yaml"], "another.yaml"),
        (["--edit", "limits.requirement.at_leest = 5"], "at_leest"),
        (["--edit", "limits.requirment.at_least = 5"], "requirement"),
        (["--edit", "limits.requirement.at_least 5"], "edit"),
        (["--edit", "limits.requirement.at_least = nan"], "at_least"),
        (["--edit", "limits.requirement.at_least = -5"], "at_least"),
        (["--edit", "limits.requirement.at_least *= x"], "number"),
        (["--edit", ""], "edit"),
        (["--edit", "offers[vendor=zzz].price = 1"], "zzz"),
        (["--edit", "vendors.a remove"], "vendor"),
        (["--scenario", "none-such"], "none-such"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_wrong_option_or_edit_is_exit_code_2(words: list[str], said: str) -> None:
    """Proves 2 and a message that names it. If broken, a misspelt option is ignored in silence."""
    refused(ran(BID, *words), said)


def test_every_wrong_option_is_named_at_once() -> None:
    """Proves that the user corrects them in one go."""
    refused(ran(BID, "--gap", "9", "--threads", "0", "--seed", "-4"), "gap", "threads", "seed")


@pytest.mark.parametrize("command", [SOLVE, MODULE], ids=["solve.py", "python -m gpuplan"])
def test_no_or_unknown_arguments_show_the_usage(command: list[str]) -> None:
    """Proves code 2 and help for nothing at all. If broken, a first user sees a traceback."""
    result = ran(command=command)
    assert result.returncode == 2
    assert "solve" in result.stdout + result.stderr
    if command is MODULE:
        assert ran("slove", command=command).returncode == 2


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_says_all_that_was_written_of_it(command: str) -> None:
    """Proves that nothing in help is taken for markup. If broken, gpuplan[report] is shown as gpuplan."""
    shown = set(ran(*([command] if command else []), "--help", command=MODULE).stdout.replace("│", " ").split())
    found = COMMANDS[command] if command else get_command(app)
    texts = [found.help] + [getattr(option, "help", None) for option in found.params]
    for text in filter(None, texts):
        assert set(text.replace("`", "").split()) <= shown


def test_the_version_is_told() -> None:
    """Proves `--version` for both ways to start."""
    for command in (None, MODULE):
        result = ran("--version", command=command)
        assert (result.returncode, result.stdout) == (0, f"gpuplan {gpuplan.__version__}\n")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_help(command: str) -> None:
    """Proves help with exit code 0, that names every option in words of the user."""
    result = ran(*([command] if command else []), "--help", command=MODULE)
    assert result.returncode == 0
    assert "Usage" in result.stdout
    assert result.stderr == ""
    if command == "solve":
        for option in ("--gap", "--time-limit", "--threads", "--seed", "--memory-mb", "--edit", "--output", "--format"):
            assert option in result.stdout


def test_solve_py_and_the_module_do_the_same() -> None:
    """Proves both ways in give the same text. If broken, the documents are right for one of them only."""
    assert ran(BID).stdout == ran("solve", BID, command=MODULE).stdout


def test_solve_py_works_from_any_folder(tmp_path: Path) -> None:
    """Proves a clean checkout: no installation, no path, another folder."""
    clean = {name: value for name, value in environment().items() if name != "PYTHONPATH"}
    result = subprocess.run(
        [*SOLVE, str(BID)], capture_output=True, text=True, cwd=tmp_path, env=clean, check=False, timeout=120
    )
    assert result.returncode == 0, result.stderr


# Formats


def test_json_is_a_plan_by_the_published_schema(plan_schema: dict[str, object]) -> None:
    """Proves that what we print is what we publish, with every number in full. If broken, readers of plans break."""
    result = ran(BID, "--format", "json", "--gap", "0")
    plan = json.loads(result.stdout)
    jsonschema.Draft202012Validator.check_schema(plan_schema)
    jsonschema.validate(plan, plan_schema, cls=jsonschema.Draft202012Validator)
    exact = simplejson.loads(result.stdout, use_decimal=True)
    assert Decimal(exact["cost"]["amount"]) == Decimal("15210109.512")
    assert exact["options"] == {"gap": 0, "time_limit": None, "threads": 2, "seed": 0, "memory_mb": None}


def test_options_are_recorded_in_the_plan() -> None:
    """Proves that a plan says how it was made. If broken, nobody can make it again."""
    words = ("--gap", "0.01", "--threads", "1", "--seed", "42", "--time-limit", "50", "--memory-mb", "4000")
    plan = json.loads(ran(BID, *words, "--format", "json").stdout)
    assert plan["options"] == {"gap": 0.01, "threads": 1, "seed": 42, "time_limit": 50, "memory_mb": 4000}


@pytest.mark.parametrize("path", INSTANCES, ids=lambda path: path.name)
def test_a_shipped_instance_is_valid_by_the_published_schema(path: Path) -> None:
    """Proves that the schema editors use accepts what we ship, and that `check` does. If broken, one of them lies."""
    published = json.loads(ran("schema", "instance").stdout)
    tree = json.loads(json.dumps(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)))
    jsonschema.Draft202012Validator.check_schema(published)
    assert tree
    from gpuplan.instance.document import read_document
    from gpuplan.plan.files import plain

    value = json.loads(simplejson.dumps(plain(read_document(path).value), use_decimal=True))
    jsonschema.validate(value, published, cls=jsonschema.Draft202012Validator)
    result = ran("check", path)
    assert result.returncode == 0, result.stderr
    assert "is a valid instance" in result.stdout


def test_the_schema_refuses_what_the_loader_refuses() -> None:
    """Proves that the published schema is no empty one."""
    published = json.loads(ran("schema").stdout)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"name": "x", "calendar": {"start": "2025-01-01", "periods": 1}, "vendorz": {}}, published)


def test_csv_tables_agree_with_the_plan(tmp_path: Path) -> None:
    """Proves the tables in a folder. If broken, a spreadsheet shows another plan."""
    result = ran(BID, "--csv", tmp_path / "tables", "--output", tmp_path / "plan.json")
    assert result.returncode == 0, result.stderr
    plan = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    with (tmp_path / "tables" / "orders.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["offer"], int(row["units"])) for row in rows] == [(o["offer"], o["units"]) for o in plan["orders"]]
    assert {path.suffix for path in (tmp_path / "tables").iterdir()} == {".csv"}


@pytest.mark.parametrize("words", [[], ["accelerators"], ["systems"], ["modules"]], ids=lambda words: " ".join(words))
def test_the_catalogue_is_listed(words: list[str]) -> None:
    """Proves the listing and its JSON. If broken, nobody finds the ids."""
    result = ran("catalog", *words)
    assert result.returncode == 0
    assert result.stdout.strip()
    assert json.loads(ran("catalog", *words, "--format", "json").stdout)


def test_what_changed_in_the_catalogue_is_listed() -> None:
    """Proves the option from the command line, and that a day that is none is refused."""
    result = ran("catalog", "systems", "--changed-since", "2026-09-30", command=MODULE)
    assert result.returncode == 0
    assert "vr-nvl72" in result.stdout
    assert ran("catalog", "--changed-since", "2026-13-30", command=MODULE).returncode == 2


@pytest.mark.parametrize(
    "words", [["acelerators"], ["accelerators", "no-such-chip"]], ids=lambda words: " ".join(words)
)
def test_what_the_catalogue_has_not_is_refused(words: list[str]) -> None:
    """Proves code 2 and what is near."""
    refused(ran("catalog", *words), "Nearest")


def test_check_tells_what_is_in_the_instance() -> None:
    """Proves `check`, with an edit that makes it wrong, too."""
    result = ran("check", BID)
    assert result.returncode == 0
    assert "5 offers" in result.stdout
    refused(ran("check", BID, "--edit", "offers.a.system = none"), "none")


def test_a_file_may_extend_another_of_its_folder(tmp_path: Path) -> None:
    """Proves `extends` with an edit, from another folder. If broken, variants are copies."""
    (tmp_path / "base.yaml").write_text(BID.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "i.yaml").write_text("extends: base.yaml\nedits: ['offers.c remove']\n", encoding="utf-8")
    plan = ran(tmp_path / "i.yaml", "--format", "json")
    assert plan.returncode == 0, plan.stderr
    assert json.loads(plan.stdout)["cost"]["amount"] == pytest.approx(15981973.392)


# Files


def test_a_folder_that_is_missing_is_told_before_solving(tmp_path: Path) -> None:
    """Proves that an hour's work is not thrown away at the end. If broken, it is."""
    refused(ran(BID, "--output", tmp_path / "no" / "plan.json"), "no folder")
    refused(ran(BID, "--csv", tmp_path / "no" / "tables"), "no folder")


def test_an_output_that_is_a_folder_is_told_before_solving(tmp_path: Path) -> None:
    """Proves the same of a folder where a file is wanted, and of a file where a folder is."""
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    refused(ran(BID, "--output", tmp_path))
    refused(ran(BID, "--csv", tmp_path / "file"))
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_a_plan_is_printed_although_its_file_cannot_be_written(tmp_path: Path) -> None:
    """Proves that a full disk costs no plan, and that the other files are written. If broken, an hour is lost.

    `/dev/full` takes no byte; the exit code is that of what cannot be done as asked.
    """
    tables = tmp_path / "tables"
    result = ran(BID, "--output", "/dev/full", "--csv", tables, "--format", "json")
    assert result.returncode == 2
    assert json.loads(result.stdout)["status"] == "optimal"
    assert "cannot write /dev/full" in result.stderr
    assert "Traceback" not in result.stderr
    assert (tables / "orders.csv").exists()


@pytest.mark.parametrize(
    "words", [NO_ROOM, ("--edit", "offers.zzz.price = 1"), ("--gap", "7")], ids=["infeasible", "bad edit", "bad option"]
)
def test_an_earlier_plan_survives_a_run_without_one(words: tuple[str, ...], tmp_path: Path) -> None:
    """Proves that `--output` keeps what is there unless there is a plan. If broken, the last good plan is lost."""
    path = tmp_path / "plan.json"
    path.write_text("earlier", encoding="utf-8")
    result = ran(BID, *words, "--output", path)
    assert result.returncode in (1, 2)
    assert path.read_text(encoding="utf-8") == "earlier"
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan.json"]


def test_a_written_plan_replaces_an_earlier_one_whole(tmp_path: Path) -> None:
    """Proves that the file is complete, is what `--format json` prints, and nothing else is left in the folder."""
    path = tmp_path / "plan.json"
    path.write_text("x" * 1_000_000, encoding="utf-8")
    result = ran(BID, "--output", path, "--format", "json")
    assert path.read_text(encoding="utf-8") == result.stdout
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan.json"]


def test_a_pipe_or_device_given_as_output_is_not_replaced(tmp_path: Path) -> None:
    """Proves that `--output /dev/null`, or a pipe, stays what it is. If broken, root's /dev/null becomes a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        result = ran(BID, "--output", pipe)
    finally:
        os.close(reader)
    assert result.returncode in (0, 2)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_link_given_as_output_is_written_through(tmp_path: Path) -> None:
    """Proves that a link stays one. If broken, the file that others read is never updated."""
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("earlier", encoding="utf-8")
    link.symlink_to(real)
    assert ran(BID, "--output", link).returncode == 0
    assert link.is_symlink()
    assert json.loads(real.read_text(encoding="utf-8"))["status"] == "optimal"


# The streams


@pytest.mark.parametrize(
    "words", [["schema"], ["catalog", "systems"], [str(BID), "--format", "json"]], ids=lambda words: words[0][-8:]
)
def test_a_reader_that_goes_away_is_no_failure(words: list[str]) -> None:
    """Proves that `| head -1` shows no traceback and is not taken for "infeasible". If broken, exit code 1 lies."""
    with subprocess.Popen(
        [*SOLVE, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
        process.wait(60)
    assert errors == ""
    assert process.returncode == 0


def test_head_shows_the_first_line() -> None:
    """Proves the same in a shell, as people do it."""
    line = f"{' '.join(SOLVE)} schema | head -1; echo ${{PIPESTATUS[0]}}"
    result = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment(), check=True)
    assert result.stdout.splitlines()[0] == "{"
    assert result.stderr == ""


def test_no_line_of_the_report_is_longer_than_80_characters() -> None:
    """Proves the width without a terminal. If broken, a mailed report wraps."""
    facility = ROOT / "tests" / "solver" / "facility.yaml"
    for words in ([facility], [BID, *NO_ROOM], ["catalog", "systems"]):
        result = ran(*words)
        assert result.stdout
        assert not [line for line in result.stdout.splitlines() if len(line) > 80]


def test_no_colour_goes_to_a_file() -> None:
    """Proves that no escape sequence is in redirected output. If broken, reports are full of rubbish."""
    assert "\x1b" not in ran(BID, TERM="xterm-256color").stdout


def test_names_with_markup_are_printed_as_they_are(tmp_path: Path) -> None:
    """Proves that a name such as [/red] is text. If broken, the report of a plan that was found is a traceback."""
    path = tmp_path / "i.yaml"
    text = BID.read_text(encoding="utf-8").replace("name: bid", "name: 'bid [/red] [bold]'")
    text = text.replace("vendors: {a: {}", "vendors: {a: {name: '[/x]', country: KP}")
    text = text.replace("requirement: {", "requirement: {name: '[/y] [link=x]', note: '[/z]', ")
    path.write_text(text, encoding="utf-8")
    for words in ([], NO_ROOM):
        result = ran(path, *words)
        assert result.returncode in (0, 1), result.stderr
        assert "Traceback" not in result.stderr
        assert "bid [/red] [bold]" in result.stdout


def test_remarks_go_to_standard_error_and_quiet_silences_them(tmp_path: Path) -> None:
    """Proves that remarks never mix with results. If broken, JSON on a pipe cannot be read."""
    path = tmp_path / "i.yaml"
    odd = BID.read_text(encoding="utf-8").replace(
        "systems: {lot: {", "systems: {lot: {price_range_usd: {low: 10, mid: 20, high: 30}, "
    )
    path.write_text(odd, encoding="utf-8")
    loud, quiet = ran(path, "--format", "json"), ran(path, "--format", "json", "--quiet")
    assert "remark" in loud.stderr
    assert quiet.stderr == ""
    assert json.loads(loud.stdout)["decisions"] == json.loads(quiet.stdout)["decisions"]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_cannot_show_a_sign_is_no_traceback(encoding: str) -> None:
    """Proves that ≥ and the like do not crash on a poor terminal. If broken, a plan found is not shown."""
    result = ran(BID, PYTHONIOENCODING=encoding)
    assert "Traceback" not in result.stderr
    assert result.returncode == 0


def test_what_changed_against_a_previous_plan_is_told(plan_file: Path, tmp_path: Path) -> None:
    """Proves `--previous`: nothing against the same plan; in a dearer instance what moved, in JSON.

    If broken, a planner who re-plans has to compare two files by eye.
    """
    same = ran(BID, "--previous", plan_file)
    assert same.returncode == 0, same.stderr
    assert "Nothing changed against the previous plan." in same.stdout
    dearer = ran(BID, "--edit", "offers.a.price *= 3", "--previous", plan_file, "--format", "json")
    assert dearer.returncode == 0, dearer.stderr
    answer = json.loads(dearer.stdout)
    assert set(answer) == {"plan", "changes"}
    assert {"order", "level"} <= {change["kind"] for change in answer["changes"]}
    missing = ran(BID, "--previous", tmp_path / "none.json")
    assert missing.returncode == 2
    assert "none.json" in missing.stderr
