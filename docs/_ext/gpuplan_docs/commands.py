"""Reference page of the command line, from the signatures of the commands."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from typer.models import OptionInfo

from gpuplan_docs.markdown import anchor, code, table


class Word(NamedTuple):
    """An argument or option of a command."""

    shown: str
    is_option: bool
    kind: str
    default: str
    help: str


def page() -> str:
    """Every command with its arguments and options."""
    from gpuplan.cli import app

    parts = [
        "# Command line\n",
        f"{app.info.help}\n",
        "`gpuplan COMMAND` is the installed command, `python -m gpuplan COMMAND` is the same, and `python solve.py` at "
        "the top of a checkout needs no installation of the package itself: `python solve.py FILE` is "
        "`gpuplan solve FILE`. Answers go to standard output, progress and remarks to standard error. See "
        "[exit codes](../errors.md).\n",
    ]
    for registered in app.registered_commands:
        command = registered.callback
        assert command is not None
        words = words_of(command)
        arguments = [one.shown if one.default == "required" else f"[{one.shown}]" for one in words if not one.is_option]
        name = registered.name or command.__name__
        usage = " ".join(["gpuplan", name, *arguments, "[OPTIONS]"])
        parts.append(anchor(f"command-{name}", name, 2))
        parts.append(f"{inspect.getdoc(command)}\n\n```text\n{usage}\n```\n")
        rows = [(code(one.shown), one.kind, one.default, one.help) for one in sorted(words, key=_arguments_first)]
        parts.append(table(["argument or option", "type", "default", "meaning"], rows))
    return "\n".join(parts)


def words_of(command: Callable[..., Any]) -> list[Word]:
    """Arguments and options of a command, in the order of its signature."""
    hints = get_type_hints(command, include_extras=True)
    found = []
    for name, parameter in inspect.signature(command).parameters.items():
        kind, *metadata = get_args(hints[name]) if get_origin(hints[name]) is Annotated else (hints[name],)
        info = metadata[-1]
        option = isinstance(info, OptionInfo)
        stated = [word for word in info.param_decls or () if word.startswith("-")]
        shown = ", ".join(stated) or (f"--{name.replace('_', '-')}" if option else name.upper())
        found.append(Word(shown, option, _kind(kind), _default(parameter.default), info.help or ""))
    return found


def _arguments_first(word: Word) -> bool:
    return word.is_option


def _kind(hint: Any) -> str:
    if get_origin(hint) in (Union, types.UnionType):
        return " or ".join(_kind(option) for option in get_args(hint) if option is not type(None))
    if get_origin(hint) is list:
        return f"{_kind(get_args(hint)[0])}, repeatable"
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(code(option) for option in get_args(hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return "one of " + ", ".join(code(option.value) for option in hint)
    return {str: "text", int: "whole number", float: "number", bool: "flag", Path: "path", datetime: "day"}[hint]


def _default(value: object) -> str:
    if value is inspect.Parameter.empty:
        return "required"
    if isinstance(value, Enum):
        return code(value.value)
    return "" if value is None or value is False else code(value)
