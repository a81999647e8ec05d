"""Trees as YAML text."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from gpuplan.plan.files import plain


def as_yaml(tree: Mapping[str, object]) -> str:
    """YAML text of a tree, keys in its order, no aliases."""
    return yaml.safe_dump(_for_yaml(dict(tree)), sort_keys=False, allow_unicode=True, width=120)


def _for_yaml(value: object) -> object:
    """Plain numbers for the YAML writer, which knows no Decimal."""
    value = plain(value)
    if isinstance(value, dict):
        return {key: _for_yaml(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_for_yaml(item) for item in value]
    return value if value is None or isinstance(value, str | int | bool) else float(str(value))
