"""Every generated page by its name, and writing them where Sphinx reads. Needs the package, not Sphinx."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gpuplan_docs import catalogue, commands, formulation, known, models
from gpuplan_docs.markdown import anchor, code, table

ROOT = Path(__file__).resolve().parents[3]
QUICKSTART = ROOT / "instances" / "quickstart.yaml"

COMPLETED = (
    "An id of the [reference catalogue](../catalogue/{0}.md) takes from it every field that is not stated here; "
    "nothing is required then.\n"
)


def pages() -> dict[str, str]:
    """Text of every generated file, by its path below the folder of reference pages."""
    import gpuplan
    from gpuplan.families import FAMILIES
    from gpuplan.instance.json_schema import instance_schema
    from gpuplan.plan.files import to_json
    from gpuplan.whatif.schemas import ANSWERS

    example = gpuplan.load(QUICKSTART) if QUICKSTART.exists() else None
    found = {f"formulation/{family.name}.md": formulation.family_page(family, example) for family in FAMILIES}
    found |= {f"formulation/{name}.md": formulation.shared_page(name) for name in formulation.shared()}
    found["formulation/index.md"] = formulation.index_page()
    found |= _instance_pages()
    found["plan.md"] = _plan_page()
    found |= catalogue.pages()
    found |= known.pages()
    found["command-line.md"] = commands.page()
    found["schemas/instance.schema.json"] = to_json(instance_schema())
    found["answers.md"] = _answers_page()
    for name, model in ANSWERS.items():
        found[f"schemas/{name}.schema.json"] = to_json(model.model_json_schema())
    return found


def write(folder: Path) -> None:
    """Write every page that changed, and remove what is no longer generated."""
    texts = pages()
    for name, text in texts.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).as_posix() not in texts:
            path.unlink()


def _instance_pages() -> dict[str, str]:
    from typing import get_type_hints

    from gpuplan.instance.base import Entity
    from gpuplan.instance.catalog import OVERRIDABLE
    from gpuplan.instance.json_schema import instance_schema
    from gpuplan.instance.schema import Instance

    known: set[models.Model] = {Instance, Entity}
    hints = get_type_hints(Instance, include_extras=True)
    common = [Entity, *(one for one in models.models_within(Entity, set()) if one is not Entity)]
    known |= set(common)
    found, rows, listed = {}, [], []
    published = instance_schema()
    for name, field in Instance.model_fields.items():
        inner = [one for start in models._models_in(hints[name]) for one in models.models_within(start, known)]
        shown = code(name)
        if inner:
            listed.append(name)
            shown = f"[{code(name)}]({name}.md)"
            head = [anchor(f"section-{name}", name, 1)]
            head += [field.description + "\n"] if field.description else []
            head += [COMPLETED.format(name)] if name in OVERRIDABLE else []
            body = [models.section(one, "instance") for one in inner]
            found[f"instance/{name}.md"] = "\n".join(head + body)
        meaning = field.description or (_summary(inner[0]) if inner else "")
        rows.append((shown, models.words(hints[name], "instance"), models.default(field), meaning))
    for name in ("extends", "edits"):
        said = "text" if name == "extends" else "list of edits"
        rows.append((code(name), said, "none", _described(published, name)))
    found["instance/index.md"] = "\n".join(
        [
            "# Instance file\n",
            "An instance file is YAML, JSON or TOML. Each kind of entity is one mapping by id, so that everything has "
            "a path that messages and [edits](../../edits.md) name. Unknown keys are errors, and so are keys stated "
            "twice. Numbers are taken exactly as written; days are written like `2025-09-30`; ids have only `a-z`, "
            "`0-9` and `-`. Units are in the names of the fields. Money is in the currency of the entity, or in the "
            "reporting currency where it states none.\n",
            'The JSON Schema of this file: <a href="../../instance.schema.json">instance.schema.json</a> '
            "(`gpuplan schema instance` prints it).\n",
            anchor("instance-instance", "Sections", 2),
            table(["key", "type", "default", "meaning"], rows),
            "## Every entity\n",
            "\n".join(models.section(one, "instance", 3) for one in common),
            "```{toctree}\n:hidden:\n\n" + "\n".join(listed) + "\n```\n",
        ]
    )
    return found


def _described(schema: Any, name: str) -> str:
    """Description of the first property of this name in a JSON Schema; of keys that are fields of no model."""
    if isinstance(schema, dict):
        own = schema.get("properties", {}).get(name, {}).get("description")
        return own or next((found for one in schema.values() if (found := _described(one, name))), "")
    return ""


def _summary(model: models.Model) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _answers_page() -> str:
    from gpuplan.plan.plan import Plan
    from gpuplan.whatif.schemas import ANSWERS

    known: set[models.Model] = set(models.models_within(Plan, set()))
    schemas = ", ".join(f'<a href="../{name}.schema.json">{name}.schema.json</a>' for name in ANSWERS if name != "plan")
    parts = [
        "# Answers to questions\n",
        "What [what-if questions](../what-if.md) return, and what `--output` and `--format json` write. Plans within "
        "them are [plans](plan.md) like any other. Numbers are exact decimals.\n",
        f"The JSON Schemas: {schemas} (`gpuplan schema NAME` prints them).\n",
    ]
    for name, answer in ANSWERS.items():
        if name != "plan":
            parts += [
                models.section(one, "answers", with_defaults=False) for one in models.models_within(answer, known)
            ]
    return "\n".join(parts)


def _plan_page() -> str:
    from gpuplan.plan.plan import Plan

    inner = list(models.models_within(Plan, set()))
    return "\n".join(
        [
            "# Plan\n",
            "What `gpuplan.solve` returns in `outcome.plan` and what `--output` and `--format json` write. The same "
            "tables come as CSV by `--csv`. Numbers are exact decimals.\n",
            'The JSON Schema of this file: <a href="../plan.schema.json">plan.schema.json</a> '
            "(`gpuplan schema plan` prints it).\n",
            *(models.section(one, "plan", with_defaults=False) for one in inner),
        ]
    )
