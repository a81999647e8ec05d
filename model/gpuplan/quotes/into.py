"""Quotes put into an instance file: vendors and offers written into its text, everything else left as it stands."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from gpuplan.errors import InvalidInput
from gpuplan.instance.document import read_document
from gpuplan.instance.edits import parse
from gpuplan.instance.offers import Offer
from gpuplan.quotes.comparing import same
from gpuplan.quotes.own import MODELS
from gpuplan.quotes.result import Quotes

Tree = dict[str, object]
SECTIONS = ("vendors", "offers")
_SECTION = re.compile(r"^([A-Za-z_]+):", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Written:
    """The text of an instance with quotes in it."""

    text: str
    replaced: tuple[str, ...]
    """Offers that were there before, and have changed."""
    keeps_comments: bool
    """Whether everything else stands as it stood."""


def sections(quotes: Quotes) -> dict[str, dict[str, Tree]]:
    """Vendors and offers as an instance file states them."""
    return {
        "vendors": {name: vendor.model_dump(exclude_defaults=True) for name, vendor in quotes.vendors.items()},
        "offers": {name: offer_tree(offer) for name, offer in quotes.offers.items()},
    }


def offer_tree(offer: Offer) -> Tree:
    """An offer as an instance file states it, what it leaves out left out."""
    stated = offer.model_dump(exclude_defaults=True)
    return {"vendor": offer.vendor, "system": offer.system, **stated}


def into_text(
    quotes: Quotes,
    text: str,
    as_yaml: Callable[[Mapping[str, object]], str],
    *,
    edits: Iterable[str] = (),
    keep: bool = True,
) -> Written:
    """The text of an instance with the vendors, offers, rooms and limits of quotes, and with edits added to its own.

    Its other vendors and offers stay where `keep` says so; what it states of a room beyond the workbook's words stays.
    Raises InvalidInput when the text is no document or an edit is none.
    """
    tree = dict(read_document(text).value) if text.strip() else {}
    new: Tree = {}
    for section, added in {**sections(quotes), **quotes.further}.items():
        before = tree.get(section)
        stated = before if isinstance(before, dict) and (keep or section not in SECTIONS) else {}
        merged = {**stated, **{name: _merged(section, stated.get(name), one) for name, one in added.items()}}
        if not same(merged, before or {}):
            new[section] = merged
    if changes := list(edits):
        for edit in changes:
            parse(edit)
        told = tree.get("edits", [])
        new["edits"] = [*(told if isinstance(told, list) else []), *changes]
    offers = tree.get("offers")
    there = offers if keep and isinstance(offers, dict) else {}
    replaced = tuple(name for name in quotes.offers if name in there and not same(_offers(new).get(name), there[name]))
    made = _in_place(text, new, as_yaml)
    if made is not None and _says(made, {**tree, **new}):
        return Written(made, replaced if "offers" in new else (), keeps_comments=True)
    return Written(as_yaml({**tree, **new}), replaced if "offers" in new else (), keeps_comments=not text.strip())


def _offers(tree: Tree) -> Tree:
    found = tree.get("offers")
    return found if isinstance(found, dict) else {}


def _merged(section: str, stated: object, added: Tree) -> object:
    """An entity with what was added; as it stands where that says nothing new."""
    if not isinstance(stated, dict):
        return added
    kept = {key: stated[key] for key in ("sources", "attributes") if key in stated}
    merged = {**kept, **added} if section in ("offers", "limits") else {**stated, **added}
    if _reads(section, stated) == _reads(section, merged, stated) is not None:
        return stated
    return merged if section not in ("offers", "limits") else added


def _reads(section: str, tree: Tree, currency_of: Tree | None = None) -> BaseModel | None:
    """The entity that a tree is; an offer in the reporting currency need not say so."""
    if section == "offers" and currency_of is not None and "currency" not in currency_of:
        tree = {key: value for key, value in tree.items() if key != "currency"}
    try:
        return MODELS[section].model_validate(tree)
    except ValidationError:
        return None


def _in_place(text: str, new: Mapping[str, object], as_yaml: Callable[[Mapping[str, object]], str]) -> str | None:
    """The text with some of its sections written anew, in YAML; None where that cannot be told apart."""
    if text.lstrip().startswith("{"):
        return None
    starts = [*((match[1], match.start()) for match in _SECTION.finditer(text)), ("", len(text))]
    names = [name for name, _ in starts]
    if len(set(names)) != len(names):
        return None
    parts = [text[: starts[0][1]]]
    for (name, start), (_, end) in itertools.pairwise(starts):
        parts.append(_section(text[start:end], name, new, as_yaml) if name in new else text[start:end])
    made = "".join(parts).rstrip() + "\n"
    for name, added in new.items():
        if name not in names:
            made += "\n" + as_yaml({name: added})
    return made.lstrip("\n")


def _section(before: str, name: str, new: Mapping[str, object], as_yaml: Callable[[Mapping[str, object]], str]) -> str:
    """A section written anew, with the blank lines and the comments that lead to the next one."""
    lines = before.splitlines(keepends=True)
    trailing: list[str] = []
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].startswith("#")):
        trailing.insert(0, lines.pop())
    return as_yaml({name: new[name]}) + "".join(trailing)


def _says(text: str, tree: Tree) -> bool:
    """Whether a text reads as a tree."""
    try:
        return same(read_document(text).value, tree)
    except InvalidInput:
        return False
