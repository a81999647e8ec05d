"""`gpuplan template`, `import`, `export` and `init`: quotes as they come in and go out."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import gpuplan
from gpuplan.commands.common import (
    AsFormat,
    Edits,
    File,
    Format,
    Scenario,
    in_folder,
    load_instance,
    remark,
    say,
    speaks_unicode,
    width,
    written,
)
from gpuplan.errors import Defect, InvalidInput, Problem
from gpuplan.quotes.starts import Start

if TYPE_CHECKING:
    from gpuplan.instance.offers import Offer
    from gpuplan.quotes.result import Quotes

Hidden = Literal["read", "leave-out"]


def import_quotes(
    file: Annotated[Path, typer.Argument(help="Workbook or table: .xlsx, .ods or .csv.", show_default=False)],
    into: Annotated[
        Path | None, typer.Option(help="Instance file that the offers are put into; it stays as it is.")
    ] = None,
    start: Annotated[
        Start | None, typer.Option("--template", help="Or a template of `gpuplan init` to put them into.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Keep what was understood: write the instance to this file.")
    ] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option("--set", help="What stands in a cell instead, such as 'Quotes!B7=2027-01-31'. Repeatable."),
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="Day of the quotes, for days without a year.")] = None,
    currency: Annotated[str, typer.Option(help="Currency of prices that name none, such as EUR.")] = "",
    vendor: Annotated[str, typer.Option(help="Who sells, where the quotes do not say.")] = "",
    hidden: Annotated[Hidden | None, typer.Option(help="What to do about hidden rows, columns and sheets.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of a .csv that is not UTF-8, such as cp1252.")] = None,
    edit: Annotated[
        list[str] | None, typer.Option("--edit", help="An edit to add to the instance that is written. Repeatable.")
    ] = None,
    format: AsFormat = Format.TABLE,  # noqa: A002
) -> None:
    """Read quotes from a workbook or table, show what was understood, and keep it as offers of an instance."""
    from gpuplan.quotes.importing import read_quotes

    if into is not None and start is not None:
        raise InvalidInput([Problem("--into and --template name two instances", "Name one of them.")])
    in_folder(output)
    instance = gpuplan.load(into) if into is not None else None
    quotes = read_quotes(
        file,
        into=instance,
        as_of=_day(as_of),
        currency=currency.upper(),
        vendor=vendor,
        answers=_answers(answer),
        hidden=None if hidden is None else hidden == "read",
        encoding=encoding,
    )
    _show(quotes, format)
    if quotes.asked:
        remark("nothing is kept until every question is answered")
        raise typer.Exit(2)
    if output is not None:
        _keep(quotes, into, start, output, edit or [])


def _show(quotes: Quotes, form: Format) -> None:
    from gpuplan.plan.files import to_json
    from gpuplan.quotes.result import as_tree
    from gpuplan.report.quotes import quotes_text

    if form is Format.JSON:
        say(to_json(as_tree(quotes), ascii_only=not speaks_unicode()))
    else:
        say(quotes_text(quotes, width()))


def _keep(quotes: Quotes, into: Path | None, start: Start | None, output: Path, edits: list[str]) -> None:
    """Write the instance with the offers, once it is known to be one."""
    from gpuplan.instance.document import read_document
    from gpuplan.quotes.into import into_text
    from gpuplan.quotes.starts import start_text
    from gpuplan.report.yaml_text import as_yaml

    text = ""
    if into is not None:
        is_yaml = into.suffix.lower() in (".yaml", ".yml")
        text = into.read_text(encoding="utf-8-sig") if is_yaml else as_yaml(read_document(into).value)
        if output.resolve().parent != into.resolve().parent and re.search("^extends:", text, re.MULTILINE):
            raise InvalidInput([Problem(f"{into} extends a file of its own folder", f"Write to {into.parent} too.")])
    elif start is not None:
        text = start_text(start)
    made = into_text(quotes, text, as_yaml, edits=edits, keep=start is None)
    if text:
        _write_instance(quotes, made.text, output)
    else:
        written((output, lambda path: _save(path, made.text)))
    for name in made.replaced:
        remark(f"offers.{name} was there before, and is replaced")
    if not made.keeps_comments:
        remark("comments of the instance are not kept")
    say(f"{output} written: {'an instance' if text else 'the vendors and offers of an instance'}\n")


def _write_instance(quotes: Quotes, text: str, output: Path) -> None:
    """Write an instance that is valid and has the offers as they were shown; raises InvalidInput, nothing written,
    where it is not."""
    trial = output.with_name(f".{output.name}.new.yaml")
    try:
        _save(trial, text)
        instance = gpuplan.load(trial)
    except InvalidInput as error:
        raise InvalidInput([replace(one, file=str(output)) for one in error.problems]) from None
    finally:
        trial.unlink(missing_ok=True)
    differ = [name for name, offer in quotes.offers.items() if not _is(instance.offers.get(name), offer)]
    if differ and not instance_edits(text):
        raise Defect(f"offers differ from what was read: {', '.join(differ)}")
    written((output, lambda path: _save(path, text)))


def _is(kept: Offer | None, offer: Offer) -> bool:
    fields = {"attributes", "sources", "currency"}
    return kept is not None and kept.model_dump(exclude=fields) == offer.model_dump(exclude=fields)


def instance_edits(text: str) -> bool:
    """Whether the text of an instance has edits, which may change its offers."""
    return re.search("^edits:", text, re.MULTILINE) is not None


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput([Problem(f"--as-of {text} is no day", "A day is written like 2026-11-27.")]) from None


def _answers(texts: list[str] | None) -> dict[str, str]:
    """Cells with their answers, each written like Quotes!B7=2027-01-31."""
    found = {}
    for text in texts or []:
        place, sign, value = text.partition("=")
        if not sign or not value.strip():
            raise InvalidInput(
                [Problem(f"--set {text} names no cell and value", "Such as --set 'Quotes!B7=2027-01-31'.")]
            )
        found[place.strip()] = value.strip()
    return found


def template(
    output: Annotated[Path, typer.Option(help="Workbook to write, .xlsx.", show_default=False)],
) -> None:
    """Write an empty workbook to send to vendors and to fill in: quotes, price tiers, leads, rooms, limits."""
    from gpuplan.quotes.workbook import template as made

    _ends_in_xlsx(output)
    in_folder(output)
    _save(output, made())
    say(f"{output} written: fill it in, then gpuplan import {output}\n")


def export(
    file: File,
    to: Annotated[Path, typer.Option(help="Workbook to write, .xlsx.", show_default=False)],
    scenario: Scenario = None,
    edit: Edits = None,
) -> None:
    """Write the quotes, rooms and limits of an instance as a workbook, which `gpuplan import` reads back."""
    from gpuplan.quotes.exporting import rows_of
    from gpuplan.quotes.workbook import exported

    _ends_in_xlsx(to)
    in_folder(to)
    instance = load_instance(file, scenario, edit, quiet=True)
    _save(to, exported(instance))
    left_out = rows_of(instance).left_out
    if left_out:
        remark(
            f"{len(left_out)} fields and entities have no place in a workbook; "
            "its sheet `Not in this workbook` names them"
        )
    counts = {"offer": len(instance.offers), "room": len(instance.sites), "limit": len(instance.limits)}
    parts = ", ".join(f"{number} {word}{'s' * (number != 1)}" for word, number in counts.items())
    say(f"{to} written: {parts}\n")


def init(
    start: Annotated[Start, typer.Option("--template", help="What it is about.", show_default=True)] = "university",
    output: Annotated[Path, typer.Option(help="Instance file to write; the workbook is written beside it.")] = Path(
        "instance.yaml"
    ),
) -> None:
    """Write an instance to start from, commented and solved at once, and the workbook of its quotes beside it."""
    from gpuplan.quotes.starts import start_text
    from gpuplan.quotes.workbook import exported

    workbook = output.with_suffix(".xlsx")
    in_folder(output, workbook)
    if there := [str(path) for path in (output, workbook) if path.exists()]:
        raise InvalidInput(
            [Problem(f"{' and '.join(there)} would be overwritten", "Name another file: --output FILE.")]
        )
    text = start_text(start)
    _save(output, text)
    say(f"{output} written: an instance to start from; gpuplan solve {output}\n")
    _save(workbook, exported(gpuplan.load(text)))
    say(f"{workbook} written: its quotes, rooms and limits as a workbook\n")


def _save(path: Path, content: str | bytes) -> None:
    from gpuplan.plan.files import write_whole

    write_whole(path, content)


def _ends_in_xlsx(path: Path) -> None:
    if path.suffix.lower() != ".xlsx":
        raise InvalidInput([Problem(f"{path} is no workbook", "Name a file that ends in .xlsx.")])
