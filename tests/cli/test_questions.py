"""Every question of the library is a command: text of 80 columns, JSON of its schema, exit codes, files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from cli.running import BID, MODULE, ROOT, ran, refused
from gpuplan.whatif.schemas import ANSWERS

QUICKSTART = ROOT / "instances" / "quickstart.yaml"

QUESTIONS: dict[str, tuple[list[str | Path], int, str]] = {
    "comparison": (["what-if", QUICKSTART, "--edit", "limits.north-share remove"], 0, "by -10,178.56 USD (proven)"),
    "infeasibility": (
        ["explain", QUICKSTART, "--scenario", "without-discount"], 1, "limits.budget.at_most += 243616.96",
    ),
    "offer-cost": (["explain", BID, "--offer", "d", "--gap", "0"], 0, "differ by +6,584.00 USD (proven)"),
    "alternatives": (["alternatives", BID, "--count", "3", "--gap", "0"], 0, "15,251,822.368"),
    "entry-prices": (["negotiate", BID, "--offer", "d", "--gap", "0"], 0, "0.696013"),
    "flips": (["flip", QUICKSTART, "--figure", "deadlines.contracts.by"], 0, "-27"),
    "sweep": (["sweep", QUICKSTART, "--jobs", "1", "--axis", "limits.budget.at_most = {} : 7e6; 8e6"], 0, "infeasible"),
    "frontier": (["frontier", QUICKSTART, "--edit", "limits.target.at_least = 192"], 0, "200 accelerators"),
    "regret": (["regret", QUICKSTART, "--of", "without-share-limits"], 0, "10,178.56 USD"),
}  # fmt: skip


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_answered_in_text_and_in_json(name: str, tmp_path: Path) -> None:
    """Proves that the command ends with its code, says the figure that was worked out, keeps to 80 columns, and that
    what `--output` writes is what the published schema describes."""
    words, code, figure = QUESTIONS[name]
    output = tmp_path / "answer.json"
    text = ran(*words, "--output", output, command=MODULE)
    assert text.returncode == code, text.stderr
    assert figure in text.stdout, text.stdout
    assert max(map(len, text.stdout.splitlines())) <= 80
    answer = json.loads(output.read_text(encoding="utf-8"))
    jsonschema.validate(answer, ANSWERS[name].model_json_schema())
    assert re.fullmatch(r"gpuplan-[a-z-]+/1", answer["format"])


def test_json_goes_to_standard_output_alone() -> None:
    """Proves that a program can read the answer: nothing else is printed."""
    words, code, _ = QUESTIONS["comparison"]
    done = ran(*words, "--format", "json", command=MODULE)
    assert done.returncode == code
    assert json.loads(done.stdout)["edited"]["status"] == "optimal"


def test_edits_come_from_a_file_and_then_from_the_command_line(tmp_path: Path) -> None:
    """Proves the order: scenario, file, command line; and that a fault in the file is told with its line."""
    edits = tmp_path / "edits.yaml"
    edits.write_text("note: dearer\nedits:\n  - limits.budget.at_most *= 2\n  - offers.south-b1.price *= 1.5\n")
    done = ran("what-if", QUICKSTART, "--edits", edits, "--edit", "offers.south-b1.price = 280000", "--format", "json")
    told = json.loads(done.stdout)
    assert [change["steps"] for change in told["changes"]] == [["limits", "budget", "at_most"]]
    edits.write_text("edits:\n  - limits.budget.at_most *= 2\n  - limits.budget at_most 3\n")
    refused(ran("what-if", QUICKSTART, "--edits", edits), "edits.yaml:3:", "not an edit")
    edits.write_text("changes: []\n")
    refused(ran("what-if", QUICKSTART, "--edits", edits), "edits.yaml:1:", "edits")
    refused(ran("what-if", QUICKSTART), "nothing to change")


def test_a_plan_of_the_edited_instance_is_written_and_can_be_audited(tmp_path: Path) -> None:
    """Proves that the plan beside the comparison is a plan like any other; and that `explain` says what it breaks."""
    plan = tmp_path / "plan.json"
    assert ran("what-if", QUICKSTART, "--edit", "limits.north-share remove", "--plan", plan).returncode == 0
    assert ran("audit", QUICKSTART, plan, "--edit", "limits.north-share remove").returncode == 0
    broken = ran("explain", QUICKSTART, "--plan", plan)
    assert broken.returncode == 4
    assert "north-share" in broken.stdout
    kept = ran("explain", QUICKSTART, "--plan", plan, "--edit", "limits.north-share remove")
    assert (kept.returncode, "keeps every rule" in kept.stdout) == (0, True)


def test_tables_and_pictures_are_written(tmp_path: Path) -> None:
    """Proves the files of a sweep and of a frontier."""
    pytest.importorskip("matplotlib")
    csv, svg, store = tmp_path / "points.csv", tmp_path / "frontier.svg", tmp_path / "points.sqlite"
    axis = "limits.budget.at_most = {} : 7.2e6 .. 7.3e6 step 5e4"
    done = ran("sweep", QUICKSTART, "--jobs", "1", "--axis", axis, "--csv", csv, "--store", store)
    assert done.returncode == 0
    lines = csv.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("limits.budget.at_most = {},status,value")
    assert len(lines) == 4
    assert ran("frontier", QUICKSTART, "--edit", "limits.target.at_least = 192", "--svg", svg).returncode == 0
    assert svg.read_text().lstrip().startswith("<?xml")


def test_wrong_questions_are_refused_before_anything_is_searched(tmp_path: Path) -> None:
    """Proves messages with a way out: a folder that is not there, an offer, a figure, a measure, an axis."""
    missing = tmp_path / "none" / "answer.json"
    refused(ran("regret", QUICKSTART, "--output", missing), "there is no folder")
    refused(ran("explain", QUICKSTART, "--offer", "north-a2"), "Known: north-a1")
    refused(ran("flip", QUICKSTART, "--figure", "limits.budget.at_least"), "Nearest: limits.budget.at_most")
    refused(ran("frontier", QUICKSTART, "--second", "max smiles"), "no measure to trade")
    refused(ran("sweep", QUICKSTART, "--axis", "limits.budget.at_most"), "not an axis")
    refused(ran("alternatives", QUICKSTART, "--by", "colours"), "vendors, models, sites, months")


def test_schemas_of_answers_are_printed() -> None:
    """Proves that every published shape can be had from the command line."""
    for name, model in ANSWERS.items():
        done = ran("schema", name, command=MODULE)
        assert json.loads(done.stdout)["title"] == model.__name__


def test_a_plan_is_stressed_from_files(tmp_path: Path) -> None:
    """Proves the way from files: solve, then stress with a day; 0 where all is told, 2 for what is no day."""
    edit = "uncertainty = {reveals: 2025-01-01, futures: {as-stated: {probability: 1}}}"
    plan, output = tmp_path / "plan.json", tmp_path / "stress.json"
    assert ran("solve", QUICKSTART, "--edit", edit, "--quiet", "--output", plan).returncode == 0
    done = ran("stress", QUICKSTART, plan, "--edit", edit, "--before", "2025-03-01", "--output", output, command=MODULE)
    assert done.returncode == 0, done.stderr
    assert "There is a plan in 1 of 1 future: a probability of 100 %." in done.stdout.replace("\n", " ")
    assert max(map(len, done.stdout.splitlines())) <= 80
    jsonschema.validate(json.loads(output.read_text(encoding="utf-8")), ANSWERS["stress"].model_json_schema())
    refused(ran("stress", QUICKSTART, plan, "--edit", edit, "--before", "March"), "'March' is no day")
