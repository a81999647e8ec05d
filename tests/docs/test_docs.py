"""The documentation says what the package does: its examples run, and its reference pages leave nothing out."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import gpuplan
from gpuplan.families import FAMILIES
from gpuplan.formulation import formulate
from gpuplan.instance.document import read_document
from gpuplan.instance.rules import COST_TERMS, MeasureName
from gpuplan.instance.schema import validated
from gpuplan.whatif.schemas import ANSWERS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
sys.path.append(str(DOCS / "_ext"))

from gpuplan_docs import examples, formulation, known, models  # noqa: E402
from gpuplan_docs.pages import pages  # noqa: E402

GUIDES = ("limits.md", "facility.md", "workloads.md", "purchase.md", "replanning.md")


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    return pages()


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


QUESTIONS = (
    "what-if", "explain", "alternatives", "negotiate", "flip", "sweep", "frontier", "regret", "report", "quotes",
)  # fmt: skip


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md", *(f"docs/{name}.md" for name in QUESTIONS)])
def test_examples_print_what_the_page_says(page: str, tmp_path: Path) -> None:
    """Proves that who types an example sees what is shown. If broken: run docs/make_sample.py and read the diff."""
    found = examples.blocks(text(page))
    assert {"console", "python"} <= {block.language for block in found}
    assert examples.faults(text(page), examples.prepared(tmp_path)) == []


def test_the_tutorial_shows_the_answer_that_was_worked_out_by_hand() -> None:
    """Proves that the numbers in the tutorial are those of the instance's own comments, not just today's output."""
    page = text("docs/tutorial.md")
    by_hand = re.search(r"TOTAL +([\d,.]+)", text("instances/quickstart.yaml"))
    assert by_hand is not None
    assert by_hand[1].replace(",", "") + "0000 USD" in page
    for figure in ("16     128", "9      72", "45,503.04 USD"):
        assert figure in page


@pytest.mark.parametrize("page", GUIDES)
def test_every_snippet_of_the_guides_is_part_of_a_valid_instance(page: str) -> None:
    """Proves that what a guide shows can be written. If broken, a reader copies an error."""
    base = read_document(DOCS / "examples" / "guide.yaml").value
    snippets = [block.body for block in examples.blocks(text(f"docs/{page}")) if block.language == "yaml"]
    assert len(snippets) >= 4
    for snippet in snippets:
        formulate(validated(merged(base, read_document(snippet).value)))


def test_the_page_on_planning_again_prints_what_it_says(tmp_path: Path) -> None:
    """Proves the program of the page, by its blocks of Python and text."""
    found = [
        block.body for block in examples.blocks(text("docs/replanning.md")) if block.language in ("python", "text")
    ]
    (tmp_path / "again.py").write_text(found[0], encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, tmp_path / "again.py"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "model"), "PATH": ""},
    )
    assert ran.stdout == found[1]


def merged(base: Any, over: Any) -> Any:
    """Mappings are merged key by key, as by `extends`."""
    if isinstance(base, dict) and isinstance(over, dict):
        return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}
    return over


def test_every_edit_on_the_page_of_edits_is_understood() -> None:
    """Proves that the table of operations is in the grammar. If broken, it shows edits that are refused."""
    instance = gpuplan.load(ROOT / "instances" / "quickstart.yaml")
    operations, paths = text("docs/edits.md").split("## Paths")
    shown = re.findall(r"^\| `(.+?)` \|", operations, re.MULTILINE)
    assert len(shown) == 7
    for edit in shown:
        # A budget of 7 million cannot be met, but can be stated.
        instance.edited([edit])
    for path in re.findall(r"^\| `(.+?)` \|", paths, re.MULTILINE):
        instance.edited([f"{path} *= 1"])


def test_every_measure_is_explained() -> None:
    """Proves that the guide names every measure that the schema knows."""
    page = text("docs/limits.md")
    for measure in MeasureName.__args__:  # type: ignore[attr-defined]
        assert f"`{measure}`" in page


def test_every_family_has_a_page_that_is_its_docstring(generated: dict[str, str]) -> None:
    """Proves that the mathematics on the site is the text of the file that builds the rows."""
    for family in FAMILIES:
        page = generated[f"formulation/{family.name}.md"]
        docstring = sys.modules[f"gpuplan.families.{family.name}"].__doc__ or ""
        assert docstring.strip().partition("\n")[2].strip() in page
        assert f"# {family.title}\n" in page
        assert "$" in docstring
        assert "| symbol | meaning | unit |" in docstring
        assert f"(#family-{family.name})" in generated["formulation/index.md"]
    order = re.findall(r"\(#family-(\w+)\) \| (?:policy|physical|cost)", generated["formulation/index.md"])
    assert order == [family.name for family in FAMILIES]


def test_every_decision_and_cost_term_is_in_the_tables(generated: dict[str, str]) -> None:
    """Proves that no column of a program is without words: those of instances that use most of what there is."""
    named = {one.name for one in formulation.decisions(formulation.docstrings())}
    for path in (ROOT / "instances" / "quickstart.yaml", DOCS / "examples" / "guide.yaml"):
        columns = formulate(gpuplan.load(path)).problem.columns
        assert {str(key[0]) for key in columns.keys} <= named
    for term in COST_TERMS:
        assert f"| `{term}` |" in generated["formulation/index.md"]


def test_the_instance_reference_names_every_field(generated: dict[str, str]) -> None:
    """Proves that nothing can be written in an instance file that the reference does not list."""
    assert _missing(gpuplan.Instance, "instance", generated) == []


def test_the_plan_reference_names_every_field(generated: dict[str, str]) -> None:
    """Proves that nothing stands in a plan that the reference does not list."""
    assert _missing(gpuplan.Plan, "plan", generated) == []


@pytest.mark.parametrize("name", [name for name in ANSWERS if name != "plan"])
def test_the_reference_of_answers_names_every_field(name: str, generated: dict[str, str]) -> None:
    """Proves that nothing stands in the answer to a question that the reference does not list."""
    assert _missing(ANSWERS[name], "answers", generated, known=set(models.models_within(gpuplan.Plan, set()))) == []


def _missing(root: Any, prefix: str, generated: dict[str, str], known: set[Any] | None = None) -> list[str]:
    whole = "\n".join(page for name, page in generated.items() if name.startswith(prefix))
    found = []
    for model in models.models_within(root, known or set()):
        heading = f"({models.link_name(prefix, model)})=\n"
        part = whole.partition(heading)[2].partition(")=\n#")[0]
        found += [
            f"{model.__name__}.{name}" for name in models.own_fields(model) if not re.search(rf"\[?`{name}`", part)
        ]
    return found


def test_the_command_line_reference_has_every_option(generated: dict[str, str]) -> None:
    """Proves that the page is made from the commands: what `--help` offers is on it."""
    helped = subprocess.run(
        [sys.executable, "-m", "gpuplan", "solve", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "model"), "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb", "PATH": ""},
    ).stdout
    offered = set(re.findall(r"--[a-z][a-z-]*", helped)) - {"--help"}
    assert len(offered) >= 8
    for option in offered:
        assert f"`{option}`" in generated["command-line.md"]


@pytest.mark.parametrize("kind", ["accelerators", "systems"])
def test_the_pages_of_what_is_known_have_every_figure_with_its_source(kind: str, generated: dict[str, str]) -> None:
    """Proves a row with value, source, day and grade for each figure. If broken, a figure of the data is not shown."""
    page = generated[f"catalogue/known-{kind}.md"]
    kept: dict[str, Any] = yaml.safe_load((ROOT / "model" / "gpuplan" / "catalog" / f"{kind}.yaml").read_text())
    for name, entry in kept.items():
        part = page.split(f"(known-{kind}-{name})=")[1].split(f"(known-{kind}-")[0]
        figures = [field for field in entry if field in known.FIGURES]
        rows = [
            line for line in part.splitlines() if line.startswith("| ") and not line.startswith(("| figure", "| ---"))
        ]
        assert len(rows) == len(figures), name
        assert all(re.fullmatch(r"\|( [^|]+ \|){5}", row) for row in rows), name
        unshown = {key for key, value in entry.items() if isinstance(value, int | float) and value not in (True, False)}
        assert unshown <= set(known.FIGURES), name


def test_the_page_of_accelerators_says_what_nobody_published(generated: dict[str, str]) -> None:
    """Proves that gaps are named and sums shown, by hand: MI308X has no throughput, Vera Rubin 35,000 x 4 = 140,000."""
    page = generated["catalogue/known-accelerators.md"]
    assert "total processing performance (TPP); throughput in any format." in page
    assert "fp4: 35,000 TFLOPS x 4 bit = 140,000" in page
    assert re.search(r"^\| total processing performance .* 35000 x 4 \| 2026-11 \| derived \|$", page, re.MULTILINE)
    assert "1.22 to 2.7, in the middle 1.89, USD per accelerator-hour" in page


def test_links_between_pages_lead_somewhere(generated: dict[str, str]) -> None:
    """Proves that no page names one that is not there. Sphinx proves the anchors."""
    there = {f"reference/{name}" for name in generated} | {path.name for path in DOCS.glob("*.md")}
    for path in DOCS.glob("*.md"):
        for target in re.findall(r"\]\(([\w/.-]+\.md)(?:#[\w-]+)?\)", path.read_text(encoding="utf-8")):
            assert target in there, f"{path.name} links to {target}"


def test_the_readme_fits_a_terminal() -> None:
    """Proves that prose and tables fit 80 columns, commands to be copied aside."""
    outside, fenced = [], False
    for line in text("README.md").splitlines():
        fenced ^= line.startswith("```")
        if len(line) > 80 and not line.startswith("python3 -m venv"):
            outside.append(line)
    assert not fenced
    assert outside == []


def test_no_page_has_a_name_that_the_site_keeps_for_itself() -> None:
    """Proves that no page is written over by one that Sphinx makes. If broken, `search.md` shows an empty form."""
    assert {path.stem for path in DOCS.glob("*.md")}.isdisjoint({"search", "genindex", "modindex", "py-modindex"})


@pytest.mark.long
def test_the_site_builds_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    """Proves that every page and anchor resolves, is what was written, and can be read offline."""
    if any(importlib.util.find_spec(name) is None for name in ("sphinx", "myst_parser", "furo", "latex2mathml")):
        pytest.skip("the docs extra is not installed")
    subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", tmp_path / "trees", DOCS, tmp_path / "site"],
        check=True,
    )
    built = sorted((tmp_path / "site").rglob("*.html"))
    assert len(built) > 30
    for path in built:
        page = path.read_text(encoding="utf-8")
        assert not re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="(?:https?:)?//', page), path
    for path in DOCS.glob("*.md"):
        heading = re.search(r"^# (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert heading is not None
        assert f"<h1>{heading[1]}<" in (tmp_path / "site" / f"{path.stem}.html").read_text(encoding="utf-8")
    for name in ("instance", *ANSWERS):
        assert (tmp_path / "site" / f"{name}.schema.json").stat().st_size > 1000
