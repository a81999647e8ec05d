"""What is bought: accelerators (chips) and the systems that hold them."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from gpuplan.instance.base import Amount, ById, Closed, Count, Country, Entity, Id, Positive, Share, Text, Whole

Format = Literal["bf16", "fp8", "int8", "fp4", "fp64"]
Cooling = Literal["air", "rear-door", "liquid", "immersion"]


class PriceRange(Closed):
    """What a system was seen to cost, to tell an outlier from a quote."""

    low: Positive
    mid: Positive
    high: Positive


class Accelerator(Entity):
    """A chip or module model."""

    maker: Text = ""
    maker_country: Country | None = None
    memory_gb: Amount = Decimal(0)
    memory_bandwidth_tbps: Amount | None = None
    """Terabytes per second."""
    bf16_tflops: Amount = Decimal(0)
    """Dense throughput, as are all the formats."""
    fp8_tflops: Amount = Decimal(0)
    int8_tops: Amount = Decimal(0)
    fp4_tflops: Amount = Decimal(0)
    fp64_tflops: Amount = Decimal(0)
    tdp_w: Amount | None = None
    die_area_mm2: Positive | None = None
    """Applicable die area: every non-planar logic die, without memory stacks."""
    tpp: Amount | None = None
    """Total processing performance: 2 x MacTOPS x bit length, the largest over formats, dense; worked out from the
    formats when left out."""
    io_bandwidth_gbps: Amount | None = None
    """Gigabytes per second to other chips, both ways together."""
    datacentre: bool | None = None
    """Whether it is designed or marketed for data centres; export rules may ask."""
    available_from: Text = ""

    def compute(self, number_format: Format) -> Decimal:
        """Dense throughput of one accelerator in TFLOPS (TOPS for int8)."""
        value: Decimal = getattr(self, "int8_tops" if number_format == "int8" else f"{number_format}_tflops")
        return value


class System(Entity):
    """What is bought and installed as one unit: a server or a whole rack."""

    accelerator: Id | None = None
    accelerators: Whole = 0
    """Accelerators in one system."""
    max_power_kw: Amount = Decimal(0)
    """On the design day: sizes the facility."""
    typical_power_kw: Amount | None = None
    """Over the year at full utilisation: energy and carbon; the maximum when left out."""
    cooling: Cooling = "air"
    liquid_heat_share: Share = Decimal(0)
    """Share of its heat that leaves by liquid; the rest needs air cooling."""
    rack_units: Whole = 0
    rack_positions: Count = 1
    """Positions that one system fills when it is larger than a rack."""
    needs: ById[Amount] = Field(default_factory=dict)
    """Further resources needed by one system, by resource."""
    network_price_usd: Amount = Decimal(0)
    """Paid beside an offer that does not include the network."""
    storage_price_usd: Amount = Decimal(0)
    installation_price_usd: Amount = Decimal(0)
    price_range_usd: PriceRange | None = None
    lead_weeks_low: Amount | None = None
    lead_weeks_high: Amount | None = None

    @property
    def typical_kw(self) -> Decimal:
        """Typical power, the maximum where none is stated."""
        return self.max_power_kw if self.typical_power_kw is None else self.typical_power_kw
