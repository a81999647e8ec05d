"""One run of HiGHS in this process: model handed over by arrays, options and statuses checked, incumbents reported."""

from __future__ import annotations

from typing import Any

import numpy as np

from gpuplan.errors import Defect
from gpuplan.solver.matrix import Floats, Matrix, scaled
from gpuplan.solver.result import NO_BOUND, OnReport, Report, Result, Settings, ShouldStop, Termination


def run(
    matrix: Matrix,
    settings: Settings,
    start: Floats | None = None,
    on_report: OnReport | None = None,
    should_stop: ShouldStop | None = None,
) -> Result:
    """Minimise. Values, objective and bound are in the matrix's own units; the bound is proven for the matrix.

    Raises Defect when HiGHS refuses the model or an option.
    """
    import highspy

    highs = _quiet(highspy)
    well_scaled, factor = scaled(matrix)
    _set_options(highs, settings)
    _pass_model(highs, highspy, well_scaled)
    if start is not None:
        # A start is a courtesy: one that the solver cannot use changes nothing.
        highs.setSolution(len(start), np.arange(len(start), dtype=np.int32), start)
    bounds = [NO_BOUND]
    if on_report is not None or should_stop is not None:
        _listen(highs, factor, bounds, on_report, should_stop)
    highs.run()
    return _result(highs, highspy, matrix, factor, bounds[0])


def _quiet(highspy: Any) -> Any:
    """A solver that prints nothing; left alone it prints its name on making, before any option can be set."""

    class Quiet(highspy.Highs):  # type: ignore[misc]
        def enableCallbacks(self) -> None:  # noqa: N802
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()

    return Quiet()


def _set_options(highs: Any, settings: Settings) -> None:
    wanted: dict[str, object] = {
        "mip_rel_gap": settings.gap,
        "mip_abs_gap": 0.0,
        "random_seed": settings.seed,
    }
    if settings.threads > 1:
        wanted["threads"] = settings.threads
    else:
        # Not the option `threads`: HiGHS keeps one pool for the process and refuses another number than the host's.
        wanted["parallel"] = "off"
    if np.isfinite(settings.time_limit):
        wanted["time_limit"] = max(settings.time_limit, 0.0)
    if settings.careful:
        wanted |= {"presolve": "off", "mip_feasibility_tolerance": 1e-9, "primal_feasibility_tolerance": 1e-9}
    for name, value in wanted.items():
        if str(highs.setOptionValue(name, value)) != "HighsStatus.kOk":
            raise Defect(f"HiGHS refuses the option {name} = {value}")


def _pass_model(highs: Any, highspy: Any, matrix: Matrix) -> None:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(matrix.lower), len(matrix.row_lower)
    lp.col_cost_, lp.offset_ = matrix.cost, matrix.offset
    lp.col_lower_, lp.col_upper_ = matrix.lower, matrix.upper
    lp.row_lower_, lp.row_upper_ = matrix.row_lower, matrix.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = lp.num_col_, lp.num_row_
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.starts, matrix.columns, matrix.values
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    if matrix.whole.any():
        lp.integrality_ = [kinds[int(whole)] for whole in matrix.whole]
    status = highs.passModel(lp)
    if status == highspy.HighsStatus.kError:
        raise Defect("HiGHS refuses the model")


def _listen(
    highs: Any, factor: float, bounds: list[float], on_report: OnReport | None, should_stop: ShouldStop | None
) -> None:
    def found(event: Any) -> None:
        bounds[0] = max(bounds[0], event.data_out.mip_dual_bound / factor)
        if on_report is not None:
            values = np.array(event.data_out.mip_solution, dtype=float)
            on_report(Report(bounds[0], event.data_out.objective_function_value / factor, values))

    def alive(event: Any) -> None:
        bound = event.data_out.mip_dual_bound / factor
        if np.isfinite(bound):
            bounds[0] = max(bounds[0], bound)
        if on_report is not None:
            on_report(Report(bounds[0]))
        if should_stop is not None and should_stop():
            event.interrupt()

    def between(event: Any) -> None:
        if should_stop is not None and should_stop():
            event.interrupt()

    highs.cbMipImprovingSolution += found
    highs.cbMipInterrupt += alive
    highs.cbSimplexInterrupt += between
    highs.cbIpmInterrupt += between


def _result(highs: Any, highspy: Any, matrix: Matrix, factor: float, bound_seen: float) -> Result:
    status, info = highs.getModelStatus(), highs.getInfo()
    states = highspy.HighsModelStatus
    termination = {
        states.kOptimal: Termination.OPTIMAL,
        states.kModelEmpty: Termination.OPTIMAL,
        states.kInfeasible: Termination.INFEASIBLE,
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
    if values is not None and len(values) != len(matrix.lower):
        values = None
    objective = None if values is None else float(matrix.cost @ values) + matrix.offset
    if matrix.whole.any():
        bound = max(info.mip_dual_bound / factor, bound_seen)
    else:
        bound = objective if termination is Termination.OPTIMAL and objective is not None else NO_BOUND
    if termination is Termination.INFEASIBLE:
        bound = float("inf")
    if objective is not None and bound > objective:
        bound = objective  # within the solver's tolerance the bound may pass the value; nothing better exists then
    return Result(termination, values, objective, bound if np.isfinite(bound) or bound > 0 else NO_BOUND)
