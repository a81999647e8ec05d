"""The contenders, each run by a process of its own: `python contenders.py CONTENDER SIZE SEED CAP THREADS TRACE`.

A line of JSON is written to TRACE at every new incumbent or bound, and one at the end. Seconds count from the building
of the model on, without the writing and reading of files between libraries. Money is in the reporting currency.

- textbook-highs: the textbook model through Pyomo's interface to HiGHS, with HiGHS's own settings.
- strong-highs: gpuplan's formulation handed to HiGHS in one run, gap 0.
- textbook-scip, strong-scip: the same two models as MPS files, solved by SCIP. Its wheel has no parallel tree search;
  its concurrent mode races copies of one search and reports nothing on the way, so one thread searches.
- textbook-cpsat, strong-cpsat: the same files, solved by CP-SAT through OR-Tools' MathOpt. CP-SAT has bounded whole
  numbers only: continuous columns are counted in thousandths, rows hold within a thousandth of their largest part, and
  columns without a bound end at 1e5. Its bounds and values are those of that coarser model.
- gpuplan: `gpuplan.solve`, with the gap that the last column of the table asks for.
- gpuplan-by-default: the same with the gap that it asks for by itself, 0.1 %, which it can then end at.
- gpuplan-without-CHOICE: that with one of its choices left out (see `without.py`).
"""

from __future__ import annotations

import datetime
import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TextIO, cast

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "model"), str(ROOT / "tests")]

import numpy as np  # noqa: E402

import gpuplan  # noqa: E402
import gpuplan.planning  # noqa: E402  so that nothing is left to import when the clock runs
from benchmark.facts import MILLION  # noqa: E402
from benchmark.textbook import textbook  # noqa: E402
from benchmark.textbook_plan import decisions_of as textbook_decisions  # noqa: E402
from benchmark.without import WITHOUT  # noqa: E402
from gpuplan.extraction import decisions_of  # noqa: E402
from gpuplan.formulation import formulate  # noqa: E402
from gpuplan.generator import Size, generate  # noqa: E402
from gpuplan.instance.schema import validated  # noqa: E402
from gpuplan.reckoning import reckon  # noqa: E402
from gpuplan.solver import highs  # noqa: E402
from gpuplan.solver.matrix import Matrix, matrix_of, scaled  # noqa: E402
from gpuplan.solver.result import Settings  # noqa: E402

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.decisions import Decisions

GAP = 1e-4
"""Gap asked of gpuplan, and the smallest that is looked for: 0.01 %. That of HiGHS by itself is the same."""
BY_DEFAULT = 1e-3
"""Gap that gpuplan asks for when it is not told otherwise."""
GRID = 1000
"""Parts into which CP-SAT divides one unit of a continuous column."""
LARGEST = 1e5
"""Where columns without a bound end for CP-SAT."""


@dataclass
class Trace:
    """What a contender may use, and its clock: incumbent and bound over time, written as they come."""

    out: TextIO
    threads: int = 2
    """That a contender may use."""
    began: float = field(default_factory=time.monotonic)
    value: float | None = None
    bound: float | None = None

    @property
    def seconds(self) -> float:
        """Seconds on the clock."""
        return time.monotonic() - self.began

    def paused(self, work: Callable[[], Any]) -> Any:
        """Do something that does not count."""
        started = time.monotonic()
        result = work()
        self.began += time.monotonic() - started
        return result

    def add(self, value: float | None, bound: float | None) -> None:
        """A sign of life; only a better value or bound is written. What is not finite is not known."""
        before = self.value, self.bound
        if value is not None and abs(value) < 1e18:
            self.value = value if self.value is None else min(self.value, value)
        if bound is not None and abs(bound) < 1e18:
            self.bound = bound if self.bound is None else max(self.bound, bound)
        if (self.value, self.bound) != before:
            self.write({"at": round(self.seconds, 3), "value": self.value, "bound": self.bound})

    def write(self, line: dict[str, Any]) -> None:
        """One line, at once."""
        self.out.write(json.dumps(line) + "\n")
        self.out.flush()


Final = dict[str, Any]
"""What a contender says at the end: `status` and whatever else is known."""
Contender = Callable[["Instance", float, Trace], Final]


def textbook_highs(instance: Instance, cap: float, trace: Trace) -> Final:
    """The textbook model through Pyomo's interface to HiGHS."""
    from pyomo.contrib.solver.solvers.highs import Highs

    class Listening(Highs):  # type: ignore[misc]
        """Hears of incumbents and bounds when HiGHS finds and logs them."""

        def _solve(self) -> Any:
            def hear(event: Any) -> None:
                trace.add(event.data_out.mip_primal_bound * MILLION, event.data_out.mip_dual_bound * MILLION)

            self._solver_model.cbMipImprovingSolution += hear
            self._solver_model.cbMipLogging += hear
            return super()._solve()

    model = textbook(instance)
    built = trace.seconds
    result = Listening().solve(
        model,
        threads=trace.threads,
        time_limit=max(cap - trace.seconds, 0.1),
        load_solutions=False,
        raise_exception_on_nonoptimal_result=False,
    )
    found = result.incumbent_objective
    trace.add(None if found is None else found * MILLION, (result.objective_bound or -np.inf) * MILLION)
    final: Final = {"status": result.termination_condition.name, "building": built}
    if found is not None:
        result.solution_loader.load_vars()
        final |= audited(instance, textbook_decisions(instance, model))
    return final


def strong_highs(instance: Instance, cap: float, trace: Trace) -> Final:
    """gpuplan's formulation, in one run of HiGHS."""
    formulation = formulate(instance)
    goal = formulation.goals[0]
    matrix = matrix_of(formulation).with_cost(goal.expression)
    built = trace.seconds

    def hear(objective: float | None, bound: float) -> None:
        trace.add(None if objective is None else objective * goal.scale, bound * goal.scale)

    settings = Settings(gap=0.0, time_limit=max(cap - built, 0.1), threads=trace.threads)
    result = highs.run(matrix, settings, lambda report: hear(report.objective, report.bound))
    hear(result.objective, result.bound)
    final: Final = {"status": result.termination.value, "building": built, **size_of(matrix)}
    return (
        final if result.values is None else final | audited(instance, decisions_of(formulation.problem, result.values))
    )


def planner(instance: Instance, cap: float, trace: Trace, gap: float = GAP) -> Final:
    """gpuplan itself."""
    outcome = gpuplan.solve(
        instance,
        gap=gap,
        time_limit=cap,
        threads=trace.threads,
        on_progress=lambda progress: trace.add(progress.incumbent, progress.bound),
        explain_seconds=0,
    )
    plan = outcome.plan
    bound = None if outcome.bound is None else float(outcome.bound)
    trace.add(None if plan is None else float(plan.levels[-1].value), bound)
    final: Final = {"status": outcome.status}
    if plan is not None:
        solving = float(plan.run["seconds-in-solver"])
        cost, wrong = float(plan.levels[-1].value), gpuplan.audit(instance, plan)
        final |= {"outside_solvers": outcome.seconds - solving, "cost": cost, "broken": len(wrong)}
    return final


def planner_by_default(instance: Instance, cap: float, trace: Trace) -> Final:
    """gpuplan as it comes."""
    return planner(instance, cap, trace, BY_DEFAULT)


def planner_without(choice: str) -> Contender:
    """gpuplan as it comes, with a choice left out."""

    def run(instance: Instance, cap: float, trace: Trace) -> Final:
        WITHOUT[choice]()
        return planner_by_default(instance, cap, trace)

    return run


def audited(instance: Instance, decisions: Decisions) -> Final:
    """What gpuplan's own reckoning says of a plan: its cost, and how many rules it breaks."""
    reckoning = reckon(instance, decisions)
    return {"cost": float(reckoning.levels[0][2]), "broken": len(reckoning.broken)}


def size_of(matrix: Matrix) -> Final:
    """Columns, rows and coefficients."""
    return {"columns": len(matrix.lower), "rows": len(matrix.row_lower), "coefficients": len(matrix.values)}


# By way of a file


Named = Mapping[str, float]
"""Values of a solution by the names of columns in the file."""


@dataclass(frozen=True)
class File:
    """A model in an MPS file, and what its objective has to be multiplied by and added to for money."""

    path: str
    factor: float
    offset: float
    decisions: Callable[[Named], Decisions]
    """The plan that a solution stands for."""

    def money(self, objective: float) -> float:
        """Reporting currency."""
        return objective * self.factor + self.offset


def textbook_file(instance: Instance, folder: str, trace: Trace) -> File:
    """The textbook model, written by Pyomo."""
    model, path = textbook(instance), f"{folder}/model.mps"
    _, key = trace.paused(lambda: model.write(path))
    variables = model.solutions.symbol_map[key].bySymbol

    def decisions(values: Named) -> Decisions:
        for name, value in values.items():
            variables[name].set_value(value, skip_validation=True)
        return textbook_decisions(instance, model)

    return File(path, MILLION, 0.0, decisions)


def strong_file(instance: Instance, folder: str, trace: Trace) -> File:
    """gpuplan's formulation, scaled by powers of two, written by HiGHS."""
    formulation = formulate(instance)
    goal = formulation.goals[0]
    matrix, units, factor = scaled(matrix_of(formulation).with_cost(goal.expression))
    path = f"{folder}/model.mps"
    trace.paused(lambda: write(matrix, path))

    def decisions(values: Named) -> Decisions:
        # HiGHS names columns by their position.
        point = np.array([values.get(f"c{number}", 0.0) for number in range(len(units))]) * units
        return decisions_of(formulation.problem, point)

    return File(path, goal.scale / factor, goal.scale * matrix.offset / factor, decisions)


def write(matrix: Matrix, path: str) -> None:
    """Write a matrix without the offset of its objective."""
    import highspy

    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    highs.pass_model(solver, highspy, replace(matrix, offset=0.0))
    solver.writeModel(path)


Solver = Callable[[File, float, Trace], tuple[str, Named]]
"""Status, and the values of the best solution; none without one."""


def by_file(solver: Solver, file: Callable[[Instance, str, Trace], File]) -> Contender:
    """A contender that reads a model from a file."""

    def run(instance: Instance, cap: float, trace: Trace) -> Final:
        with TemporaryDirectory() as folder:
            made = file(instance, folder, trace)
            built = trace.seconds
            status, values = solver(made, cap, trace)
            final: Final = {"status": status, "building": built}
            return final | audited(instance, made.decisions(values)) if values else final

    return run


def scip(file: File, cap: float, trace: Trace) -> tuple[str, Named]:
    """SCIP on a file, in one thread."""
    from pyscipopt import SCIP_EVENTTYPE, Eventhdlr, Model  # type: ignore[attr-defined]

    class Listener(Eventhdlr):
        """Hears of incumbents, of relaxations at the root and of finished nodes."""

        def eventinit(self) -> None:
            for kind in (SCIP_EVENTTYPE.BESTSOLFOUND, SCIP_EVENTTYPE.LPSOLVED, SCIP_EVENTTYPE.NODESOLVED):
                self.model.catchEvent(kind, self)

        def eventexec(self, _event: Any) -> None:
            trace.add(file.money(self.model.getPrimalbound()), file.money(self.model.getDualbound()))

    model = Model()
    model.hideOutput()
    trace.paused(lambda: model.readProblem(file.path))
    model.includeEventhdlr(Listener(), "trace", "incumbents and bounds")
    model.setParam("limits/gap", 0.0)
    model.setParam("limits/time", max(cap - trace.seconds, 0.1))
    model.optimize()
    trace.add(file.money(model.getPrimalbound()), file.money(model.getDualbound()))
    values = {one.name: model.getVal(one) for one in model.getVars()} if model.getNSols() else {}
    return model.getStatus(), values


LOGGED = re.compile(r"^#\S+\s+\S+\s+best:(\S+)\s+next:\[([^,\]]+),")
"""A line of CP-SAT's log: its incumbent, and the bound."""


def cpsat(file: File, cap: float, trace: Trace) -> tuple[str, Named]:
    """CP-SAT on a file."""
    from ortools.math_opt.io.python import mps_converter  # type: ignore[import-untyped]
    from ortools.math_opt.python import mathopt  # type: ignore[import-untyped]

    text = trace.paused(lambda: Path(file.path).read_text(encoding="utf-8"))
    model = trace.paused(lambda: mathopt.Model.from_model_proto(mps_converter.mps_to_model_proto(text)))
    for column in model.variables():
        if column.upper_bound > 1e20:  # how Pyomo writes that there is no bound
            column.upper_bound = np.inf

    def hear(lines: list[str]) -> None:
        for line in lines:
            if found := LOGGED.match(line):
                trace.add(*(file.money(float(number.replace("'", ""))) for number in found.groups()))

    parameters = mathopt.SolveParameters(
        time_limit=datetime.timedelta(seconds=max(cap - trace.seconds, 0.1)),
        threads=trace.threads,
        relative_gap_tolerance=0.0,
    )
    parameters.cp_sat.mip_var_scaling = GRID
    parameters.cp_sat.mip_wanted_precision = 1 / GRID
    parameters.cp_sat.mip_max_bound = LARGEST
    parameters.cp_sat.log_search_progress = True
    result = mathopt.solve(model, mathopt.SolverType.CP_SAT, params=parameters, msg_cb=hear)
    bounds = result.termination.objective_bounds
    trace.add(file.money(bounds.primal_bound), file.money(bounds.dual_bound))
    values = (
        {one.name: value for one, value in result.variable_values().items()}
        if result.has_primal_feasible_solution()
        else {}
    )
    return result.termination.reason.name.lower(), values


CONTENDERS: dict[str, Contender] = {
    "gpuplan": planner,
    "gpuplan-by-default": planner_by_default,
    "strong-highs": strong_highs,
    "textbook-highs": textbook_highs,
    "textbook-scip": by_file(scip, textbook_file),
    "strong-scip": by_file(scip, strong_file),
    "textbook-cpsat": by_file(cpsat, textbook_file),
    "strong-cpsat": by_file(cpsat, strong_file),
    **{f"gpuplan-without-{choice}": planner_without(choice) for choice in WITHOUT},
}


def main() -> None:
    """Run one contender on one instance."""
    name, size, seed, cap, threads, path = sys.argv[1:]
    instance = validated(generate(cast(Size, size), int(seed)))
    with open(path, "w", encoding="utf-8") as out:
        trace = Trace(out, int(threads))
        final = CONTENDERS[name](instance, float(cap), trace)
        trace.write({"final": {"seconds": trace.seconds, **final}})


if __name__ == "__main__":
    main()
