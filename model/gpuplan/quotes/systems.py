"""Which system of the catalogue, or of an instance, a quote is for: by id, by name, or by what its words leave."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import cast

from gpuplan.instance.catalog import Tree, entries
from gpuplan.quotes.numbers import Unclear, normal, shown

_COOLING = {
    "liquid": (
        r"liquid|dlc|dclc|water|wasser\w*|flüssig\w*|liquide|eau|수랭\w*|수냉\w*|액체\w*|水冷\w*|液冷\w*|direct"
        r" liquid"
    ),
    "air": r"air|luft\w*|air-cooled|공랭\w*|공냉\w*|空冷\w*|风冷\w*|風冷\w*",
}
_NO_SYSTEM = re.compile(
    r"(?<![a-z])(?:base ?boards?|spares?|upgrade|kit|licen[cs]es?|refurb\w*|used|pre-owned|trade-in|without "
    r"gpus?|barebone|"
    r"option|optional|warranty|support|service|maintenance|ersatzteil\w*|zubehör|gebraucht\w*|wartung|garantie|pièces?|"
    r"reconditionné\w*|occasion|중고|예비품|유지보수|中古|保守|予備|二手|备件|维保)(?![a-z])"
)
"""Words of things that go with a system, or are a used one, and are not it."""
_OTHER_BOARDS = {"pcie": "pcie", "nvl": r"nvl(?!72)\d*", "oam": "oam"}


@dataclass(frozen=True, slots=True)
class Match:
    """A system, and those that it was told from."""

    system: str
    candidates: tuple[str, ...]


class Known:
    """The systems that quotes may be for: those of the catalogue, and an instance's own."""

    def __init__(
        self, systems: Mapping[str, Tree] | None = None, accelerators: Mapping[str, Tree] | None = None
    ) -> None:
        self.systems: dict[str, Tree] = {**entries("systems"), **(systems or {})}
        self.accelerators: dict[str, Tree] = {**entries("accelerators"), **(accelerators or {})}
        self._matches: dict[tuple[str, int | None], Match] = {}

    def accelerators_each(self, system: str) -> int | None:
        """Accelerators of one system, where it states them."""
        found = self.systems[system].get("accelerators")
        return None if found is None else int(str(found))

    def match(self, text: str, accelerators_each: int | None) -> Match:
        """The one system that a text can mean. Raises Unclear, with the candidates, where there is none or several."""
        if (text, accelerators_each) not in self._matches:
            self._matches[text, accelerators_each] = self._match(text, accelerators_each)
        return self._matches[text, accelerators_each]

    def _match(self, text: str, accelerators_each: int | None) -> Match:
        plain = normal(text).casefold()
        for name, system in self.systems.items():
            if plain in (name, normal(str(system.get("name", name))).casefold()):
                return Match(name, (name,))
        candidates = self._candidates(plain, text)
        if other := _NO_SYSTEM.search(plain):
            why = f"{shown(text)!r} may be no new system: it says {other[0]!r}"
            raise Unclear(why, "Write the id of the system if it is one, or take the row out.")
        fitting = [name for name in candidates if self._fits(name, plain, accelerators_each)]
        if len(fitting) == 1:
            return Match(fitting[0], tuple(candidates))
        if fitting:
            raise Unclear(
                f"{shown(text)!r} can be {' or '.join(fitting)}", f"Write one of these ids, such as {fitting[0]}."
            )
        known = ", ".join(candidates) if candidates else "see `gpuplan catalog systems`"
        way_out = f"Write the id of the system that it is ({known}), or state it under `systems` of the instance."
        raise Unclear(f"{shown(text)!r} is no system that is known", way_out)

    def _candidates(self, plain: str, text: str) -> list[str]:
        """Systems whose accelerator the text names; raises Unclear when it names more than one."""
        named = {
            name
            for name in {str(system.get("accelerator")) for system in self.systems.values()}
            if name in self.accelerators and re.search(_pattern(name), _apart(plain))
        }
        if len(named) > 1:
            found = ", ".join(sorted(named))
            raise Unclear(f"{shown(text)!r} names more than one accelerator: {found}", "Write the id of the system.")
        return [name for name, system in self.systems.items() if str(system.get("accelerator")) in named]

    def _fits(self, name: str, plain: str, accelerators_each: int | None) -> bool:
        system = self.systems[name]
        count = self.accelerators_each(name)
        if accelerators_each is not None and count is not None and accelerators_each != count:
            return False
        stated = [
            int(one)
            for one in re.findall(
                r"(?<![\w.])(\d{1,3})\s*[x×*]\s*(?=[^\W\d])|(?<![\w.])(\d{1,3})[\s-]*(?=gpus?\b|oam\b|acc)", plain
            )
            for one in one
            if one
        ]
        if any(one != count for one in stated) and count is not None:
            return False
        cooled = {kind for kind, words in _COOLING.items() if re.search(rf"(?<![a-z])(?:{words})(?![a-z])", plain)}
        if cooled and cooled != {str(system.get("cooling"))}:
            return False
        own = f"{name} {normal(str(system.get('name', ''))).casefold()}"
        for family in ("dgx", "hgx"):
            if re.search(rf"(?<![a-z]){family}", plain) and family not in own:
                return False
        board = (
            f"{own} {normal(str(self.accelerators.get(str(system.get('accelerator')), {}).get('name', ''))).casefold()}"
        )
        if any(
            re.search(rf"(?<![a-z]){words}(?![a-z])", plain) and not re.search(words, board) and kind != "oam"
            for kind, words in _OTHER_BOARDS.items()
        ):
            return False
        return self._memory_fits(str(system.get("accelerator")), plain)

    def _memory_fits(self, accelerator: str, plain: str) -> bool:
        memory = self.accelerators.get(accelerator, {}).get("memory_gb")
        stated = re.findall(r"(?<![\d.])(\d{2,3})\s*gb(?![a-z/])", plain)
        return memory is None or all(int(one) == int(str(memory)) for one in stated)


def _apart(plain: str) -> str:
    """Text with counts taken off models: 8xH200 names an H200."""
    return re.sub(r"(?<!\w)(\d{1,3})\s*[x×*]\s*(?=[a-z])", " ", plain)


@cache
def _pattern(accelerator: str) -> str:
    """How people write a model: b200-sxm is B200; gaudi-3 is Gaudi 3 or Gaudi3; gb200 stands alone."""
    base = accelerator.removesuffix("-sxm")
    parts = r"[\s-]*".join(re.escape(part) for part in base.split("-"))
    return rf"(?<![a-z0-9]){parts}(?![a-z0-9])"


def price_range(known: Known, system: str) -> tuple[float, float] | None:
    """The lowest and highest published price of a system in US dollars; None where there is none."""
    found = known.systems[system].get("price_range_usd")
    if not isinstance(found, dict):
        return None
    stated = [float(str(one)) for one in cast(Tree, found).values() if one is not None]
    return (min(stated), max(stated)) if stated else None
