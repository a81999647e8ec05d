"""Reference pages of the mathematics, from the families' own docstrings."""

from __future__ import annotations

import importlib
import pkgutil
import re
from dataclasses import fields
from typing import TYPE_CHECKING, NamedTuple

from gpuplan_docs.markdown import anchor, code, table

if TYPE_CHECKING:
    from gpuplan.families import Family
    from gpuplan.instance.schema import Instance

PARTS = {
    "denies_pair": "denies an offer a site",
    "denies_signing": "denies a day of signing",
    "columns": "makes decisions",
    "rows": "states rows",
    "links": "links switches by bounds that follow",
    "readings": "is recounted from a plan",
    "entries": "costs money",
}
KINDS = {
    "policy": "Policy: decided by people. A diagnosis looks here first for what clashes.",
    "physical": "Physical: decided by the world. A diagnosis takes it as given, unless it clashes by itself.",
    "cost": "Cost: it restricts nothing by itself; it says what a plan costs.",
}
TERMS = {
    "purchase": "Price of systems, by tier; savings of incremental tiers",
    "fees": "Fixed fees of price tiers",
    "activation": "Of a vendor, at the first signing with it",
    "network": "Where the offer does not include it: the system's own figure",
    "storage": "Likewise",
    "installation": "Likewise",
    "rebates": "Paid back by a vendor on its whole spend; negative",
    "spares": "Spare parts bought with systems, a share of the offer's first price",
    "modules": "Price of facility modules",
    "clusters": "Of clusters and of the systems in them, on the day on which they are formed",
    "opening": "Of a site, on the day of the decision",
    "site": "Fixed cost of an open site, each month",
    "energy": "Typical draw from the grid at the tariff's prices",
    "transit": "Of work to and from the sites that serve it, at the workload's price for a unit and month",
    "demand": "Design-day draw from the grid at the tariff's demand charge",
    "maintenance": "Of modules, a share of their price a year",
    "support": "Of systems, a share of the offer's first price a year",
    "replacement": "Systems and modules bought again at the end of their life",
    "cancellation": "Fees for what was committed and is cancelled",
    "capital-levies": "Taxes, duties and credits on capital terms",
    "rental": "Rent of systems, each month",
    "colocation": "Rent of facility modules, each month",
    "carbon": "Emissions at the carbon price",
    "operating-levies": "Taxes, duties and credits on operating terms",
    "residual": "Worth of what is left of lives at the end; negative, and never inside a budget",
    "penalty": "Of soft limits; never inside a budget",
}
SETS = {
    "$o$": "offers",
    "$s$": "sites",
    "$t$": "periods of the calendar; in each, an offer is signed for on one day",
    "$k$": "state days, on which what stands can change; $D_k$ is the day",
    "$d$": "days",
    "$h$": "calendar months of operation",
    "$r, q$": "resources",
    "$m$": "kinds of facility module; in supply calendar months",
    "$v$": "vendors, and with first signings offers too",
    "$j$": "systems, as kinds; in pricing, tier steps, fees and vendor terms steps of a price or rebate",
    "$c$": "load cases (design day, typical year); in clusters kinds of cluster, in commitments what is committed",
    "$w$": "windows of a limit; in export control ways to a site, in workloads workloads",
    "$i$": "serving days; in limits what is counted, in other sums what the table of the page says",
}
"""Letters of the formulas, and what each runs over."""
_ROW = re.compile(r"^\| (?P<symbol>.+?) \| (?P<meaning>.+?) \| (?P<unit>.*?) ?\|$", re.MULTILINE)
_NAMES = re.compile(r"\((`\w+`(?:, `\w+`)*)\)")
_FIELD_ONLY = re.compile(r"^`")


class Decision(NamedTuple):
    """A row of a family's table that names a decision."""

    name: str
    symbol: str
    meaning: str
    unit: str
    family: str


def told(docstring: str | None) -> tuple[str, str]:
    """(first line without its title, the rest) of a family's docstring."""
    first, _, rest = (docstring or "").strip().partition("\n")
    lead = first.partition(": ")[2]
    return lead[:1].upper() + lead[1:], rest.strip()


def docstring_of(family: Family) -> str:
    """Docstring of the file that a family is told in."""
    return importlib.import_module(f"gpuplan.families.{family.name}").__doc__ or ""


def decisions(families: dict[str, str]) -> list[Decision]:
    """Every decision that the tables of these docstrings name, each once, by family."""
    found: dict[str, Decision] = {}
    for family, docstring in families.items():
        for row in _ROW.finditer(docstring):
            match = _NAMES.search(row["meaning"])
            if match is None:
                continue
            names = [name.strip("` ") for name in match[1].split(",")]
            meaning = _NAMES.sub("", row["meaning"]).strip()
            for name in names:
                found.setdefault(name, Decision(name, row["symbol"], meaning, row["unit"], family))
    return list(found.values())


def docstrings() -> dict[str, str]:
    """By name: docstrings of the families in the order of building, then of what they share and of the objective."""
    from gpuplan.families import FAMILIES

    return {family.name: docstring_of(family) for family in FAMILIES} | shared()


def shared() -> dict[str, str]:
    """Docstrings with a table of symbols in files that are no families of their own."""
    from gpuplan import families

    own = {family.name for family in families.FAMILIES}
    found = {}
    for module in pkgutil.iter_modules(families.__path__):
        docstring = importlib.import_module(f"{families.__name__}.{module.name}").__doc__ or ""
        if module.name not in own and "| symbol |" in docstring:
            found[module.name] = docstring
    return found


def family_page(family: Family, example: Instance | None) -> str:
    """A family's page: its docstring, and what its parts say of an example."""
    lead, rest = told(docstring_of(family))
    parts = [anchor(f"family-{family.name}", family.title, 1), lead + "\n", rest + "\n", "## Its part\n"]
    defaults = {field.name: field.default for field in fields(family)}
    does = [said for name, said in PARTS.items() if getattr(family, name) is not defaults[name]]
    parts.append(f"{KINDS[family.kind]} The family {', '.join(does[:-1]) + ' and ' if does[1:] else ''}{does[-1]}.\n")
    if example is not None:
        paths = [path for path in family.groups(example) if family.sentence(example, path)]
        if paths:
            parts.append("Rules that can be left out one by one, as found in the quickstart instance:\n")
            rows = [(code(path), family.sentence(example, path)) for path in paths[:4]]
            parts.append(table(["rule", "what it demands"], rows))
    return "\n".join(parts)


def shared_page(name: str) -> str:
    """The page of mathematics that is no family of its own: the objective, and what families share."""
    docstring = shared()[name]
    lead, rest = told(docstring)
    return "\n".join([anchor(f"family-{name}", title(docstring), 1), lead + "\n", rest + "\n"])


def title(docstring: str) -> str:
    """What stands before the colon of a docstring's first line."""
    return docstring.strip().partition(":")[0]


def index_page() -> str:
    """Order of building, decisions and cost terms."""
    from gpuplan.families import FAMILIES
    from gpuplan.instance.rules import COST_TERMS, kind_of

    if set(TERMS) != set(COST_TERMS):
        raise ValueError(f"cost terms without words in docs/_ext: {set(TERMS) ^ set(COST_TERMS)}")
    families = [
        (f"[{family.title}](#family-{family.name})", family.kind, told(docstring_of(family))[0]) for family in FAMILIES
    ]
    families += [
        (f"[{title(docstring)}](#family-{name})", "", told(docstring)[0]) for name, docstring in shared().items()
    ]
    rows = [
        (code(one.name), one.symbol, one.meaning, one.unit, f"[{one.family}](#family-{one.family})")
        for one in decisions(docstrings())
    ]
    kinds = {term: kind_of(term) for term in COST_TERMS}
    return "\n".join(
        [
            "# Formulation\n",
            "The mixed-integer program, family by family. Every page here is the docstring of the file that builds "
            "the rows, so it cannot say something else than the code.\n",
            "A program is made in this order: the signings that no rule denies, the columns of every family, the rows "
            "of every family, upper bounds that follow from the rows, and the links that need such bounds. No bound "
            "is made up: a switch whose quantity nothing bounds is refused.\n",
            "## Families\n",
            table(["family", "kind", "concept"], families),
            "```{toctree}\n:hidden:\n\n" + "\n".join(list(docstrings())) + "\n```\n",
            "## Sets\n",
            "A row is stated for every value of the letters after ∀ for which its columns exist; a letter under a sum "
            "runs over all of its set, or over what stands beside it.\n",
            table(["letter", "runs over"], list(SETS.items())),
            "## Decisions\n",
            "Available modules, cash, energy and carbon are expressions of these.\n",
            table(["decision", "symbol", "meaning", "unit", "family"], rows),
            "## Cost terms\n",
            "The list is closed. The terms of a plan add up to its cost exactly.\n",
            table(["term", "kind", "what it holds"], [(code(term), kinds[term], TERMS[term]) for term in COST_TERMS]),
        ]
    )
