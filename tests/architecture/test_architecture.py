"""The one-way street through the rooms, who may print, what an import loads, and that what is public is explained."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple, get_args

import pytest
from pydantic import BaseModel

from gpuplan.instance.schema import Instance
from gpuplan.plan.plan import Plan

SOURCE = Path(__file__).parents[2] / "model"
PACKAGE = SOURCE / "gpuplan"

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "fraction": set(),
    "instance": {"errors"},
    "quotes": {"errors", "instance"},
    "generator": {"instance"},
    "program": {"errors", "instance"},
    "ledger": {"errors", "instance"},
    "families": {"errors", "instance", "program", "ledger"},
    "formulation": {"errors", "instance", "program", "families"},
    "reckoning": {"errors", "instance", "ledger", "families"},
    "pyomo_model": {"errors", "instance", "program", "formulation"},
    "solver": {"errors", "instance", "program", "families", "formulation", "pyomo_model"},
    "plan": {"errors", "instance", "ledger", "families", "reckoning"},
    "diagnosis": {"errors", "instance", "program", "families", "formulation", "solver"},
    "extraction": {"errors", "instance", "ledger", "families"},
    "renewals": {"errors", "instance", "ledger", "families", "reckoning"},
    "planning": {
        "errors",
        "instance",
        "ledger",
        "program",
        "families",
        "reckoning",
        "renewals",
        "solver",
        "extraction",
    },
    "api": {"errors", "instance", "reckoning", "solver", "plan", "diagnosis", "planning"},
    "whatif": {
        "errors",
        "instance",
        "program",
        "families",
        "formulation",
        "reckoning",
        "solver",
        "plan",
        "diagnosis",
        "planning",
        "api",
    },
    "report": {"errors", "instance", "plan"},
    "gpuplan": {"errors", "instance", "plan", "api", "whatif", "report", "quotes"},
    "server": {"errors", "instance", "plan", "report", "gpuplan", "whatif"},
    "commands": {"errors", "instance", "quotes", "generator", "plan", "report", "gpuplan", "whatif", "server"},
    "cli": {"errors", "instance", "plan", "report", "gpuplan", "whatif", "commands"},
    "__main__": {"cli"},
}
"""Rooms and what each may import, at import time or within a function; all may import fractions. The program and the
ledger know nothing of each other, so that neither can vouch for the other; and nothing that judges a plan knows the
solver or the search."""

FOR_TYPES_ONLY: dict[str, set[str]] = {
    "planning": {"formulation"},  # a search hands over its program
    "extraction": {"program", "solver"},  # it reads a problem and its values
    "whatif": {"ledger"},
    "report": {"api", "whatif", "quotes"},  # an outcome, or an answer, is what a report is about
    "commands": {"solver"},
    "server": {"solver"},  # what a base's searches know is kept for those of its edits
    "cli": {"api"},
}
"""Rooms that may be named in annotations besides (under TYPE_CHECKING), which nothing runs."""


class Import(NamedTuple):
    module: str
    target: str
    line: int
    typing: bool
    """Under `if TYPE_CHECKING`."""
    lazy: bool
    """Within a function."""


@cache
def sources() -> dict[str, ast.Module]:
    """Every module of the package, parsed."""
    found = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = file.relative_to(SOURCE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(file.read_text(encoding="utf-8"), str(file))
    return found


@cache
def imports() -> tuple[Import, ...]:
    """Every import of every module, wherever it stands."""
    return tuple(one for name, module in sources().items() for one in _within(name, module, typing=False, lazy=False))


def _within(name: str, node: ast.AST, *, typing: bool, lazy: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"{name}:{child.lineno} imports relatively; imports are absolute here"
            for alias in child.names:
                within = f"{child.module}.{alias.name}"
                target = within if within in sources() else child.module or ""
                yield Import(name, target, child.lineno, typing, lazy)
        elif isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(name, alias.name, child.lineno, typing, lazy)
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for part in child.body:
                yield from _within(name, ast.Module([part], []), typing=True, lazy=lazy)
            for part in child.orelse:
                yield from _within(name, ast.Module([part], []), typing=typing, lazy=lazy)
        else:
            within_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _within(name, child, typing=typing, lazy=lazy or within_function)


def room(module: str) -> str:
    """The room of a module: the part after `gpuplan`, or `gpuplan` for the package itself."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def ours(module: str) -> bool:
    return module.split(".")[0] == "gpuplan"


def test_the_rooms_themselves_are_ordered() -> None:
    """Proves that the list above is a one-way street: it has no circle."""
    TopologicalSorter(MAY_IMPORT).prepare()


def test_every_module_is_in_a_room() -> None:
    """Proves that a new room is put in its place before it is used."""
    assert {room(name) for name in sources()} == set(MAY_IMPORT)


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_imports_point_one_way(name: str) -> None:
    """Proves that a room imports only rooms before it, in functions too. If broken, the audit comes to rest on what it
    audits."""
    wrong = [
        f"{one.module}:{one.line} imports {one.target}"
        for one in imports()
        if room(one.module) == name
        and ours(one.target)
        and room(one.target) not in MAY_IMPORT[name] | {name, "fraction"}
        and not (one.typing and room(one.target) in FOR_TYPES_ONLY.get(name, set()))
    ]
    assert wrong == []


def test_nothing_is_allowed_that_is_not_used() -> None:
    """Proves that the list above is the strictest that holds: every permission but that to raise errors, and to know
    what an instance is, is used."""
    used = {(room(one.module), room(one.target)) for one in imports() if ours(one.target) and not one.typing}
    typed = {(room(one.module), room(one.target)) for one in imports() if ours(one.target) and one.typing}
    idle = [
        (name, target)
        for name, targets in MAY_IMPORT.items()
        for target in targets - {"errors", "instance"}
        if (name, target) not in used | typed
    ]
    assert idle == []
    assert [(n, t) for n, targets in FOR_TYPES_ONLY.items() for t in targets if (n, t) not in typed] == []


def test_modules_do_not_import_one_another_in_a_circle() -> None:
    """Proves the same module by module, within rooms as well, for what runs at import time."""
    graph: dict[str, set[str]] = {name: set() for name in sources()}
    for one in imports():
        if ours(one.target) and not one.typing and not one.lazy and one.target != one.module:
            graph[one.module].add(one.target)
    # A package's __init__ that gathers its modules is no circle: those import it by way of its other modules only.
    TopologicalSorter(graph).prepare()


COMMANDS = (
    "common",
    "what_if",
    "explain",
    "alternatives",
    "flip",
    "negotiate",
    "sweep",
    "frontier",
    "regret",
    "stress",
    "report",
    "serve",
    "generate",
    "quotes",
)
OUTSIDE: dict[str, set[str]] = {
    "pyomo": {"gpuplan.pyomo_model"},
    "highspy": {
        "gpuplan.solver.disagreement",
        "gpuplan.solver.highs",
        "gpuplan.solver.proof.relaxation",
        "gpuplan.solver.relaxation",
        "gpuplan.solver.worker",
    },
    "rich": {
        "gpuplan.report.layout",
        "gpuplan.report.stress",
        "gpuplan.report.terminal",
        "gpuplan.report.first_screen",
        "gpuplan.report.export",
        "gpuplan.report.infeasibility",
        "gpuplan.report.obstacles",
        "gpuplan.report.comparison",
        "gpuplan.report.explanation",
        "gpuplan.report.choices",
        "gpuplan.report.prices",
        "gpuplan.report.catalog",
        "gpuplan.commands.common",
    },
    "typer": {"gpuplan.cli", *(f"gpuplan.commands.{name}" for name in COMMANDS)},
    "joblib": {"gpuplan.whatif.sweep"},
    "matplotlib": {"gpuplan.report.chart", "gpuplan.report.figures", "gpuplan.report.svg"},
    "jinja2": {"gpuplan.report.page"},
    "fastapi": {"gpuplan.server.app", "gpuplan.commands.serve"},
    "starlette": {"gpuplan.server.app"},
    "uvicorn": {"gpuplan.commands.serve"},
    "pandas": {"gpuplan.report.showing", "gpuplan.quotes.frames"},
    "openpyxl": {"gpuplan.quotes.files"},
    "babel": {"gpuplan.quotes.countries"},
    "xlsxwriter": {"gpuplan.report.workbook", "gpuplan.quotes.workbook"},
    "yaml": {"gpuplan.instance.yaml_events", "gpuplan.report.yaml_text"},
}
"""Which modules may import a library."""


@pytest.mark.parametrize("library", OUTSIDE)
def test_a_library_is_imported_in_its_own_place_only(library: str) -> None:
    """Proves that a library can be replaced in one place."""
    found = {one.module for one in imports() if one.target.split(".")[0] == library}
    assert found <= OUTSIDE[library]


@pytest.mark.parametrize("name", ["instance", "ledger", "reckoning", "families", "plan"])
def test_no_solver_and_no_floating_point_library_is_named_where_plans_are_judged(name: str) -> None:
    """Proves that exact arithmetic stays exact: no numpy, scipy, pyomo or highspy, not even within a function."""
    libraries = {"numpy", "scipy", "pyomo", "highspy"}
    found = [one for one in imports() if room(one.module) == name and one.target.split(".")[0] in libraries]
    assert found == []


# What is loaded

SMALL = """
import sys
import gpuplan
instance = gpuplan.load('''
name: small
calendar: {start: 2025-01-01, periods: 2}
systems: {box: {accelerators: 8}}
vendors: {shop: {}}
offers: {quote: {vendor: shop, system: box, price: 100}}
sites: {plant: {}}
''')
"""
AUDIT = (
    SMALL
    + """
from gpuplan.ledger.decisions import Decisions
from gpuplan.plan.complete import complete
from gpuplan.plan.plan import PlanOptions
from gpuplan.plan.proof import level_of
from gpuplan.reckoning import reckon
reckoning = reckon(instance, Decisions())
levels = [level_of(instance, told, told[2], told[2], told[2] * 0) for told in reckoning.levels]
options = PlanOptions(gap=reckoning.levels[0][2], time_limit=None, threads=1, seed=0, memory_mb=None)
plan = complete(reckoning, levels, options, {}, {}, True)
assert gpuplan.audit(instance, plan) == [], gpuplan.audit(instance, plan)
"""
)


def loaded(code: str) -> set[str]:
    """Top-level libraries that a fresh interpreter has loaded after some code."""
    asked = f"{code}\nprint('loaded', *sorted({{name.split('.')[0] for name in sys.modules}}))"
    run = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(SOURCE)!r})\n{asked}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return set(run.stdout.splitlines()[-1].split()[1:])


SOLVING = {"numpy", "scipy", "pyomo", "highspy"}
SHOWING = {"rich", "typer", "click"}
REPORTING = {"jinja2", "matplotlib", "xlsxwriter", "openpyxl", "babel", "pandas", "fastapi", "uvicorn"}


@pytest.mark.parametrize(
    ("code", "without"),
    [
        ("import gpuplan", SOLVING | SHOWING | REPORTING | {"simplejson"}),
        (SMALL, SOLVING | SHOWING | {"simplejson"}),
        (SMALL + "gpuplan.check(instance)", SOLVING | SHOWING),
        (AUDIT, SOLVING | SHOWING),
        ("import gpuplan.families, gpuplan.reckoning, gpuplan.plan.compare, gpuplan.plan.files", SOLVING | SHOWING),
        ("import gpuplan.instance.json_schema, gpuplan.report.outcome", SOLVING | SHOWING),
        ("import gpuplan.report.terminal, gpuplan.report.catalog", SOLVING | {"typer"}),
        ("import gpuplan.cli", SOLVING | REPORTING),
    ],
    ids=["import", "load", "check", "audit", "judging", "schema", "report", "cli"],
)
def test_a_use_loads_no_more_than_it_needs(code: str, without: set[str]) -> None:
    """Proves that loading and auditing run without a solver, and that a host pays for what it uses. If broken, the
    audit may lean on the solver, and `gpuplan --help` takes a second."""
    assert loaded(code) & without == set()


def test_importing_does_nothing_that_shows() -> None:
    """Proves that an import neither prints nor starts threads nor touches signals or the host's decimal context."""
    code = """
import sys, threading, signal, decimal, locale
before = (threading.active_count(), signal.getsignal(signal.SIGINT), decimal.getcontext().prec, sys.getrecursionlimit())
import gpuplan, gpuplan.reckoning, gpuplan.formulation, gpuplan.solver.search, gpuplan.diagnosis
after = (threading.active_count(), signal.getsignal(signal.SIGINT), decimal.getcontext().prec, sys.getrecursionlimit())
assert before == after, (before, after)
"""
    run = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(SOURCE)!r})\n{code}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


# Who prints, who exits


def calls(module: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in ("sys.stdout", "sys.stderr", "sys.argv"):
            yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Raise) and node.exc is not None and "SystemExit" in ast.unparse(node.exc):
            yield node.lineno, "SystemExit"


FORBIDDEN = {
    "print",
    "input",
    "breakpoint",
    "exit",
    "quit",
    "sys.exit",
    "os._exit",
    "os.abort",
    "typer.echo",
    "sys.stdout",
    "sys.stderr",
    "sys.argv",
    "SystemExit",
    "logging.basicConfig",
    "warnings.simplefilter",
    "warnings.filterwarnings",
    "signal.signal",
    "os.chdir",
    "locale.setlocale",
    "decimal.getcontext",
    "getcontext",
    "setcontext",
    "random.seed",
    "np.random.seed",
    "eval",
    "exec",
}
OWN_PROCESS = {"gpuplan.solver.worker", "gpuplan.whatif.workers"}
"""Run in a process of their own, which may end and may speak to its parent as it likes."""


def test_nothing_but_the_command_line_prints_exits_or_touches_what_is_global() -> None:
    """Proves that a host that embeds gpuplan keeps its output, its process and its settings to itself."""
    found = [
        f"{name}:{line} {what}"
        for name, module in sources().items()
        if name not in {"gpuplan.cli", "gpuplan.commands.common", "gpuplan.__main__"} | OWN_PROCESS
        for line, what in calls(module)
        if what in FORBIDDEN
    ]
    assert found == []


# Everything is explained


def public(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Functions and classes of a module whose names do not start with an underscore, and methods of such classes."""
    waiting: list[ast.AST] = list(module.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                waiting += node.body


def test_every_public_module_class_and_function_has_a_docstring() -> None:
    """Proves that whoever opens a file is told what a thing is for."""
    silent = [name for name, module in sources().items() if not ast.get_docstring(module)]
    silent += [
        f"{name}:{node.lineno} {node.name}"
        for name, module in sources().items()
        for node in public(module)
        if not ast.get_docstring(node)
    ]
    assert silent == []


UNITS = re.compile(
    r"_(kw|kwh|usd|days|weeks|months|years|year|month|gb|tbps|tflops|tops|mm2|w|share|units|tonne|hours|week|positions|cost|rate)\b"
    r"|_per_|^per_|_from$|_until$|_low$|_high$"
)
PLAIN = {
    "accelerator", "accelerators", "amount", "as_of", "at_least", "at_most", "attributes", "audit", "broken", "by",
    "calendar", "carbon_kg", "case", "cash", "cluster", "clusters", "confidence", "considered", "cooling", "cost",
    "country", "currency", "day", "days", "days_after", "deadlines", "decided", "decisions", "delivered", "design",
    "discounted", "doubled", "economics", "edits", "energy", "exclude", "existing", "fee", "format", "gap", "high",
    "hours", "installed", "kind", "latest", "lead_days", "levels", "limit", "limits", "low", "low_confidence",
    "maker", "maker_country", "maximise", "measure", "memory_mb", "mid", "minimise", "missed_by", "module", "modules",
    "months", "name", "need", "needs", "note", "objective", "offer", "offers", "openings", "options", "orders",
    "outputs", "passed", "path", "payments", "period", "price", "provider", "provides", "rate", "ready", "rebates",
    "region", "resource", "resources", "says", "scenarios", "seasons", "seed", "select", "served", "share", "shipped",
    "sign", "signed", "site", "sites", "slack", "soft", "source", "sources", "spare_blocks", "stage", "start",
    "states", "status", "step", "system", "systems", "tender", "terms", "threads", "tier", "tiers", "tpp", "typical",
    "unit", "unit_costs", "units", "usable", "used", "value", "vendor", "vendor_country", "vendor_group", "vendors",
    "versions", "window", "workload", "workloads", "year",
}  # fmt: skip
"""Names that say what they are wherever they stand."""


def models(root: type[BaseModel]) -> set[type[BaseModel]]:
    """A model and every model within its fields."""
    found: set[type[BaseModel]] = set()
    waiting: list[object] = [root]
    while waiting:
        one = waiting.pop()
        if isinstance(one, type) and issubclass(one, BaseModel):
            if one not in found:
                found.add(one)
                waiting += [field.annotation for field in one.model_fields.values()]
        else:
            waiting += get_args(one)
    return found


@pytest.mark.parametrize("root", [Instance, Plan])
def test_every_field_is_described_or_says_itself_what_it_is(root: type[BaseModel]) -> None:
    """Proves that the published schema explains every field, by a description or by a name with its unit."""
    bare = sorted(
        f"{model.__name__}.{name}"
        for model in models(root)
        for name, field in model.model_fields.items()
        if not field.description and name not in PLAIN and not UNITS.search(name)
    )
    assert bare == []


def test_every_module_stays_readable() -> None:
    """Proves the measure of the design: no module of more than 700 lines, no function of more than 60."""
    long = [
        f"{name}:{node.lineno} {node.name} has {(node.end_lineno or 0) - node.lineno + 1} lines"
        for name, module in sources().items()
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > 60
    ]
    long += [name for name, module in sources().items() if module.body and (module.body[-1].end_lineno or 0) > 700]
    assert long == []
