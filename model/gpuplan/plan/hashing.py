"""A fingerprint of an instance, so that a plan is never read against another."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import simplejson

from gpuplan.instance.base import exactly

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance


@exactly
def fingerprint(instance: Instance) -> str:
    """SHA-256 of the instance's canonical JSON: sorted keys, numbers without trailing zeros."""
    text = simplejson.dumps(_canonical(instance.model_dump()), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value
