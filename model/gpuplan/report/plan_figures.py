"""Every picture of a plan, in the order in which a meeting asks: one source for page, notebook and workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuplan.report import figures, paper_figures

if TYPE_CHECKING:
    from gpuplan.plan.plan import Plan
    from gpuplan.report.figures import Picture


def plan_figures(plan: Plan) -> tuple[Picture, ...]:
    """Every picture of a plan that has something to show."""
    made = (
        paper_figures.usable_figure(plan),
        figures.timeline_figure(plan),
        *figures.capacity_figures(plan),
        paper_figures.budgets_figure(plan),
        figures.terms_figure(plan),
        figures.periods_figure(plan),
        figures.cash_figure(plan),
        figures.mix_figure(plan),
        figures.limits_figure(plan),
    )
    return tuple(picture for picture in made if picture is not None)
