"""The reference catalogue: hardware, modules, tariffs and resources with their sources, shipped with the package.

An instance uses an entry by naming its id, and overrides any field of it by stating that field under the same id.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

from gpuplan.instance.document import read_document

Section = Literal[
    "accelerators",
    "systems",
    "modules",
    "resources",
    "tariffs",
    "regimes",
    "country-groups",
    "throughput",
    "facts",
]
SECTIONS: tuple[Section, ...] = get_args(Section)
OVERRIDABLE: tuple[Section, ...] = ("resources", "accelerators", "systems", "modules")
FOLDER = Path(__file__).resolve().parents[1] / "catalog"
Tree = dict[str, object]


@cache
def entries(section: Section) -> dict[str, Tree]:
    """Every entry of a section as it stands in the shipped file, by id. Not to be changed."""
    return cast(dict[str, Tree], read_document(FOLDER / f"{section}.yaml").value)


def completed(section: Section, name: str, given: object) -> object:
    """An entity as an instance states it, with what it leaves out taken from the catalogue entry of the same id.

    The catalogue's sources stay for the fields that are taken from it.
    """
    entry = entries(section).get(name)
    if entry is None or not isinstance(given, dict) or all(field in given for field in entry):
        return given
    sources = cast(Tree, entry.get("sources", {}))
    kept = {field: source for field, source in sources.items() if field.replace("-", "_") not in given}
    if "all" in kept:
        own = {key.replace("_", "-"): STATED for key in given if key not in ("sources", "name", "note")}
        kept = {**kept, **own}
    stated = given.get("sources")
    merged = {**entry, **given, "sources": {**kept, **stated} if isinstance(stated, dict) else kept}
    return merged if "sources" in entry or stated else {**entry, **given}


STATED: Tree = {"confidence": "stated"}


def resolve(tree: Tree) -> Tree:
    """An instance's tree with every catalogue entry that it uses filled in.

    References that neither the instance nor the catalogue knows are left for the checks to name.
    """
    resolved = dict(tree)
    for section in OVERRIDABLE:
        stated = tree.get(section, {})
        if isinstance(stated, dict):
            own = {name: completed(section, name, given) for name, given in stated.items()}
            resolved[section] = own
    _take(resolved, "resources", iter(entries("resources")))
    _take(resolved, "modules", _mentioned_under(resolved, "sites", "modules"))
    _take(resolved, "systems", _mentioned(resolved, "offers", "system"))
    for holder, section in (("existing", "systems"), ("committed", "quotes")):
        some = tree.get(holder)
        if isinstance(some, dict):
            _take(resolved, "systems", _mentioned(some, section, "system"))
    _take(resolved, "systems", _mentioned_under(resolved, "workloads", "rates"))
    _take(resolved, "systems", _mentioned_in_list(resolved, "clusters", "systems"))
    _take(resolved, "accelerators", _mentioned(resolved, "systems", "accelerator"))
    _resolve_tariffs(resolved)
    _resolve_regimes(resolved)
    _resolve_rates(resolved)
    return resolved


def _take(tree: Tree, section: Section, names: Iterator[str]) -> None:
    stated = tree.setdefault(section, {})
    if isinstance(stated, dict):
        for name in names:
            if name not in stated and name in entries(section):
                stated[name] = entries(section)[name]


def _entities(tree: Tree, section: str) -> Iterator[Tree]:
    found = tree.get(section)
    if isinstance(found, dict):
        yield from (entity for entity in found.values() if isinstance(entity, dict))


def _mentioned(tree: Tree, section: str, field: str) -> Iterator[str]:
    for entity in list(_entities(tree, section)):
        name = entity.get(field)
        if isinstance(name, str):
            yield name


def _mentioned_under(tree: Tree, section: str, field: str) -> Iterator[str]:
    for entity in list(_entities(tree, section)):
        names = entity.get(field)
        if isinstance(names, dict):
            yield from (name for name in names if isinstance(name, str))


def _resolve_regimes(tree: Tree) -> None:
    """Regimes that are named, and those that they amend, filled in."""
    export = tree.get("export")
    stated = export.get("regimes") if isinstance(export, dict) else None
    if not isinstance(export, dict) or not isinstance(stated, dict):
        return
    waiting = list(stated)
    found: Tree = {}
    while waiting:
        name = waiting.pop(0)
        if name in found or (name not in stated and name not in entries("regimes")):
            continue
        given = stated.get(name, {})
        found[name] = completed("regimes", name, _with_caps(name, {} if given is None else given))
        regime = found[name]
        amended = regime.get("amends") if isinstance(regime, dict) else None
        names = [amended] if isinstance(amended, str) else amended
        waiting += [one for one in names if isinstance(one, str)] if isinstance(names, list | tuple) else []
    tree["export"] = {**export, "regimes": found}


def _with_caps(name: str, given: object) -> object:
    """A regime as an instance states it, with the fields of its caps that it leaves out taken from the catalogue."""
    caps = given.get("caps") if isinstance(given, dict) else None
    shipped = cast(dict[str, Tree], entries("regimes").get(name, {}).get("caps", {}))
    if not isinstance(given, dict) or not isinstance(caps, dict):
        return given
    merged = {cap: {**shipped.get(cap, {}), **stated} for cap, stated in caps.items() if isinstance(stated, dict)}
    return {**given, "caps": {**shipped, **caps, **merged}}


def _mentioned_in_list(tree: Tree, section: str, field: str) -> Iterator[str]:
    for entity in list(_entities(tree, section)):
        names = entity.get(field)
        yield from (name for name in (names if isinstance(names, list) else [names]) if isinstance(name, str))


def _resolve_tariffs(tree: Tree) -> None:
    sites = tree.get("sites")
    if not isinstance(sites, dict):
        return
    tree["sites"] = {
        name: {**site, "tariff": entries("tariffs")[site["tariff"]]}
        if isinstance(site, dict) and isinstance(site.get("tariff"), str) and site["tariff"] in entries("tariffs")
        else site
        for name, site in sites.items()
    }


def _resolve_rates(tree: Tree) -> None:
    """Rates that name a measured result get it, with its source; the name of one that is not there is left as it is."""
    workloads, systems = tree.get("workloads"), tree.get("systems")
    if not isinstance(workloads, dict) or not isinstance(systems, dict):
        return
    tree["workloads"] = {
        name: {**one, "rates": {system: _rate(rate, systems.get(system), one) for system, rate in one["rates"].items()}}
        if isinstance(one, dict) and isinstance(one.get("rates"), dict)
        else one
        for name, one in workloads.items()
    }


def _rate(rate: object, system: object, workload: Tree) -> object:
    wanted = rate.get("measured") if isinstance(rate, dict) else None
    if not isinstance(rate, dict) or not isinstance(wanted, dict) or not isinstance(system, dict):
        return rate
    found = [
        result
        for result in measured_results(str(system.get("accelerator")))
        if (result["workload"], result["scenario"]) == (wanted.get("workload"), wanted.get("scenario"))
        and result["per_accelerator_unit"] == f"{workload.get('unit')} per accelerator"
    ]
    if not found:
        return rate
    best = max(found, key=lambda result: cast(Decimal, result["per_accelerator"]))
    stated = {key: value for key, value in rate.items() if key != "measured"}
    return {"per_accelerator": best["per_accelerator"], "source": best["source"], **stated}


def measured_results(accelerator: str) -> list[Tree]:
    """What the catalogue knows of the throughput of an accelerator; hours for a training run are no rate."""
    results = cast(list[Tree], entries("throughput")["results"])
    own = (one for one in results if one.get("accelerator") == accelerator)
    return [one for one in own if str(one["per_accelerator_unit"]).endswith("/s per accelerator")]
