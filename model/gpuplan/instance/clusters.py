"""Clusters: systems of one kind at one site that are joined by a fabric of their own."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from gpuplan.instance.base import Amount, Count, Currency, Entity, Id, OneOrMore, Sequence, Table
from gpuplan.instance.facility import Needs


class ClusterKind(Entity):
    """A kind of cluster that may be formed any number of times.

    A cluster has systems of one kind, all at one site: where a site has several halls, write each as a site. It is
    formed on a day on which its systems are usable, is paid for on that day, and stays. A fabric goes in steps: write a
    kind for clusters up to the size that two tiers of switches join, and another for larger ones, that take three.
    """

    systems: OneOrMore
    """Kinds of system that such a cluster can be made of; all systems of one cluster are of the same."""
    size: Count
    """Systems in one cluster, at least."""
    max_size: Count | None = None
    """Systems in one cluster, at most; any number when left out."""
    sites: Annotated[Sequence[Id], Field(min_length=1)] | None = None
    """Sites where such a cluster can be formed; every site when left out."""
    price: Amount = Decimal(0)
    """Of each cluster: core switches, storage, management."""
    price_per_system: Amount = Decimal(0)
    """Of each system in it: its share of switches and optics."""
    currency: Currency | None = None
    """Reporting currency when left out."""
    needs: Needs = Field(default_factory=Table)
    """Resources that each cluster needs: rack positions, protected power and cooling of switches and storage."""
    needs_per_system: Needs = Field(default_factory=Table)
    """Resources that each system in it needs beside its own: fabric ports, power of its share of switches."""
    all_systems: bool = False
    """Whether every usable system of its kinds, at its sites, must be in some cluster on the last day; of this kind or
    of another."""

    @model_validator(mode="after")
    def _consistent(self) -> ClusterKind:
        if self.max_size is not None and self.max_size < self.size:
            raise ValueError(f"max_size {self.max_size} is less than size {self.size}")
        return self
