"""One run of HiGHS in this process: model handed over by arrays, options and statuses checked, incumbents reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpuplan.errors import Defect
from gpuplan.solver.matrix import Floats, Matrix, checked, scaled
from gpuplan.solver.result import NO_BOUND, OnReport, Report, Result, Settings, ShouldStop, Termination

FARTHEST = 1e19
"""The largest bound of a row that HiGHS takes for one."""
EVERY_RULE = 2**14 - 1
"""The rules of presolve that can be left out, as the option `presolve_rule_off` takes them: all but those for empty and
redundant rows, rows of one entry, and empty, fixed and dominated columns. Without any presolve HiGHS 1.16.0 crashes on
some programs, and takes up to three times as long."""
OF_NODES = 0.3
"""Work at a point at which HiGHS can be interrupted beyond its root, where that at the root is one."""
AGREE = 1e-6
"""Share within which the solver's objective and that of its values must agree."""


@dataclass(slots=True)
class Pace:
    """Pauses of a run, by its work, so that the same input pauses at the same points."""

    due: float
    """Its work at which it pauses next."""
    pause: Callable[[float, float], tuple[float, Floats | None]]
    """Given its bound and its work: the next pause, and a plan to take over, if any."""
    passed: float = 0.0
    """Its work so far: one for each point at which HiGHS can be interrupted at its root, and less beyond."""


def run(
    matrix: Matrix,
    settings: Settings,
    on_report: OnReport | None = None,
    should_stop: ShouldStop | None = None,
    pace: Pace | None = None,
) -> Result:
    """Minimise. Values, objective and bound are in the matrix's own units; the bound is the solver's word.

    No start is handed over: HiGHS 1.16 with presolve maps some starts wrongly, prunes by a value that they do not have
    and calls the start optimal. Callers keep their incumbents themselves.

    Raises Defect when HiGHS refuses the model or an option.
    """
    import highspy

    highs = quiet(highspy)
    checked(matrix)
    well_scaled, units, factor = scaled(matrix)
    set_options(highs, settings)
    if settings.cutoff is not None:
        set_option(highs, "objective_bound", settings.cutoff * factor)
    pass_model(highs, highspy, well_scaled)
    listener = _Listener(matrix, units, factor, on_report, should_stop, settings.cutoff, pace)
    if on_report is not None or should_stop is not None or pace is not None:
        listener.attach(highs)
    highs.run()
    if settings.careful and highs.getModelStatus() == highspy.HighsModelStatus.kUnboundedOrInfeasible:
        # Presolve cannot tell these apart.
        set_option(highs, "presolve", "off")
        highs.run()
    if listener.raised is not None:
        raise listener.raised
    return _result(highs, highspy, matrix, units, factor, listener.bound, settings.cutoff)


def quiet(highspy: Any) -> Any:
    """A solver that prints nothing; left alone it prints its name on making, before any option can be set."""

    class Quiet(highspy.Highs):  # type: ignore[misc]
        def enableCallbacks(self) -> None:  # noqa: N802
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()

    return Quiet()


def set_options(highs: Any, settings: Settings) -> None:
    """Set every option that a run needs; raises Defect when one is refused."""
    wanted: dict[str, object] = {
        "mip_rel_gap": settings.gap,
        "mip_abs_gap": 0.0,
        "small_matrix_value": 1e-12,
        "random_seed": settings.seed,
    }
    if settings.threads > 1:
        wanted["threads"] = settings.threads
    else:
        # Not the option `threads`: HiGHS keeps one pool for the process and refuses another number than the host's.
        wanted["parallel"] = "off"
    if settings.plain:
        wanted |= {"mip_heuristic_run_rins": False, "mip_heuristic_run_rens": False, "mip_allow_restart": False}
    if settings.nodes is not None:
        wanted["mip_max_nodes"] = settings.nodes
    if np.isfinite(settings.time_limit):
        wanted["time_limit"] = max(settings.time_limit, 0.0)
    if settings.careful:
        wanted |= {"presolve_rule_off": EVERY_RULE}
        wanted |= {"mip_feasibility_tolerance": 1e-9, "primal_feasibility_tolerance": 1e-9}
    for name, value in wanted.items():
        set_option(highs, name, value)


def set_option(highs: Any, name: str, value: object) -> None:
    """Set one option; raises Defect when it is refused."""
    if str(highs.setOptionValue(name, value)) != "HighsStatus.kOk":
        raise Defect(f"HiGHS refuses the option {name} = {value}")


def pass_model(highs: Any, highspy: Any, matrix: Matrix) -> None:
    """Hand a matrix over as it is; raises Defect when it is refused or changed."""
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(matrix.lower), len(matrix.row_lower)
    lp.col_cost_, lp.offset_ = matrix.cost, matrix.offset
    lp.col_lower_, lp.col_upper_ = matrix.lower, matrix.upper
    lp.row_lower_, lp.row_upper_ = _within_reach(matrix.row_lower), _within_reach(matrix.row_upper)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = lp.num_col_, lp.num_row_
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.starts, matrix.columns, matrix.values
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    if matrix.whole.any():
        lp.integrality_ = [kinds[int(whole)] for whole in matrix.whole]
    status = highs.passModel(lp)
    if status != highspy.HighsStatus.kOk:
        raise Defect("HiGHS refuses the model, or takes it with changes")


def _within_reach(bounds: Floats) -> Floats:
    """Bounds of rows as HiGHS takes them: from 1e20 on it takes any for none."""
    finite = np.isfinite(bounds) & (np.abs(bounds) > FARTHEST)
    within: Floats = np.where(finite, np.sign(bounds) * FARTHEST, bounds)
    return within


class _Listener:
    """Passes on incumbents and bounds; keeps what a callback raises for after the run, since HiGHS would swallow it."""

    def __init__(
        self,
        matrix: Matrix,
        units: Floats,
        factor: float,
        on_report: OnReport | None,
        should_stop: ShouldStop | None,
        cutoff: float | None,
        pace: Pace | None,
    ) -> None:
        self.matrix = matrix
        self.units = units
        self.factor = factor
        self.on_report = on_report
        self.should_stop = should_stop
        self.most = float("inf") if cutoff is None else cutoff
        """What a bound can be at most: what is no better than the cutoff is not looked at."""
        self.bound = NO_BOUND
        self.raised: BaseException | None = None
        self.pace = pace
        self.offered: Floats | None = None
        """A plan that the run is to take over, scaled."""

    def attach(self, highs: Any) -> None:
        if self.pace is not None:
            highs.cbMipUserSolution += self._guarded(self._asked)
        highs.cbMipImprovingSolution += self._guarded(self._found)
        highs.cbMipInterrupt += self._guarded(self._alive)
        highs.cbSimplexInterrupt += self._guarded(self._nothing)
        highs.cbIpmInterrupt += self._guarded(self._nothing)

    def _guarded(self, handle: Callable[[Any], None]) -> Callable[[Any], None]:
        def guarded(event: Any) -> None:
            try:
                if self.raised is None:
                    handle(event)
                if self.raised is not None or (self.should_stop is not None and self.should_stop()):
                    event.interrupt()
            except BaseException as error:
                self.raised = error
                event.interrupt()

        return guarded

    def _found(self, event: Any) -> None:
        self._see(event)
        if self.on_report is not None:
            values = np.array(event.data_out.mip_solution, dtype=float) * self.units
            self.on_report(Report(self.bound, float(self.matrix.cost @ values) + self.matrix.offset, values))

    def _alive(self, event: Any) -> None:
        self._see(event)
        if self.on_report is not None:
            self.on_report(Report(self.bound))
        if self.pace is None:
            return
        self.pace.passed += 1 if event.data_out.mip_node_count <= 0 else OF_NODES
        if self.pace.passed >= self.pace.due:
            self.pace.due, point = self.pace.pause(self.bound, self.pace.passed)
            self.offered = None if point is None else point / self.units

    def _asked(self, event: Any) -> None:
        """HiGHS asks for a plan that it may not know."""
        if self.offered is not None:
            event.data_in.setSolution(self.offered)
            self.offered = None

    def _nothing(self, _event: Any) -> None:
        """Only a place to be stopped at."""

    def _see(self, event: Any) -> None:
        bound = event.data_out.mip_dual_bound / self.factor
        if np.isfinite(bound):
            self.bound = max(self.bound, min(bound, self.most))


def _result(
    highs: Any,
    highspy: Any,
    matrix: Matrix,
    units: Floats,
    factor: float,
    bound_seen: float,
    cutoff: float | None,
) -> Result:
    status, info = highs.getModelStatus(), highs.getInfo()
    states = highspy.HighsModelStatus
    termination = {
        states.kOptimal: Termination.OPTIMAL,
        states.kModelEmpty: Termination.OPTIMAL,
        states.kInfeasible: Termination.INFEASIBLE,
        states.kObjectiveBound: Termination.INFEASIBLE,
        states.kUnbounded: Termination.UNBOUNDED,
        states.kUnboundedOrInfeasible: Termination.INFEASIBLE,
        states.kTimeLimit: Termination.STOPPED,
        states.kInterrupt: Termination.STOPPED,
        states.kIterationLimit: Termination.STOPPED,
        states.kSolutionLimit: Termination.STOPPED,
        states.kMemoryLimit: Termination.STOPPED,
    }.get(status, Termination.FAILED)
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = np.array(highs.getSolution().col_value, dtype=float) if feasible or status == states.kModelEmpty else None
    if values is not None:
        values = values * units if len(values) == len(units) else None
    objective = None if values is None else float(matrix.cost @ values) + matrix.offset
    if objective is not None and abs(info.objective_function_value / factor - objective) > AGREE * max(
        1.0, abs(objective)
    ):
        return Result(Termination.FAILED, None, None, NO_BOUND)
    if matrix.whole.any():
        bound = max(info.mip_dual_bound / factor, bound_seen)
    else:
        bound = objective if termination is Termination.OPTIMAL and objective is not None else NO_BOUND
    if termination is Termination.INFEASIBLE:
        bound = float("inf")
    elif cutoff is not None:
        bound = min(bound, cutoff)  # what is no better was never looked at
    if objective is not None and bound > objective:
        bound = objective  # within the solver's tolerance the bound may pass the value; nothing better exists then
    return Result(termination, values, objective, bound if np.isfinite(bound) or bound > 0 else NO_BOUND)
