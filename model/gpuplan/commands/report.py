"""`gpuplan report`: plans and answers as a page or a workbook for a meeting."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from gpuplan.commands.common import in_folder, say
from gpuplan.errors import InvalidInput, Problem

ENDINGS = (".html", ".xlsx")


def report(
    files: Annotated[
        list[Path], typer.Argument(help="Plans and answers (JSON): what `--output` wrote.", show_default=False)
    ],
    output: Annotated[list[Path], typer.Option(help="File to write, .html or .xlsx. Repeatable.", show_default=False)],
    author: Annotated[str, typer.Option(help="Who puts it forward; named on a plan's first page.")] = "",
) -> None:
    """Show plans and answers as one page of HTML that needs no network, or as a workbook (needs gpuplan[report]).

    A plan begins with a paper for those who decide, which prints on two pages; the rest is its appendix.
    """
    from gpuplan.plan.files import write_whole
    from gpuplan.report.page import page
    from gpuplan.report.workbook import workbook
    from gpuplan.whatif.files import read_answer

    wrong = [path for path in output if path.suffix.lower() not in ENDINGS]
    if wrong:
        way_out = f"Name a file that ends in {' or '.join(ENDINGS)}."
        raise InvalidInput([Problem(f"{path} is neither a page nor a workbook", way_out) for path in wrong])
    in_folder(*output)
    found = [read_answer(path) for path in files]
    for path in output:
        if path.suffix.lower() == ".html":
            write_whole(path, page(found, author, date.today()))
        else:
            write_whole(path, workbook(found, author, date.today()))
        say(f"{path} written\n")
