"""The words that headings use for the fields of a quote: English, German, French, Korean, Japanese, Chinese."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from gpuplan.instance.document import read_document

_WORDS = read_document(Path(__file__).with_name("words.yaml")).value
FIELDS = cast("dict[str, list[str]]", _WORDS["fields"])
"""Phrases by field."""
TOTALS = frozenset(cast("list[str]", _WORDS["totals"]))
"""Labels of rows that add up others."""
ABSENT = frozenset(cast("list[str]", _WORDS["absent"]))
"""What a cell says that has no value."""

TIER = (
    r"tiers?|steps?|level|breaks?|price breaks?|qty breaks?|band|volume tier|staffel|stufe|preisstaffel|palier|"
    r"tranche|구간|단계|段階|階層|阶梯|档|阶梯价"
)
"""Words for a price tier that a number follows or comes before."""
UNITS = (
    r"units?|pcs?\.?|pieces?|servers?|systems?|nodes?|stück|stk\.?|st\.?|server|systeme|einheiten|unités?|"
    r"serveurs?|pièces?|대|개|台|個|"
    r"个|套|件|ユニット"
)
"""Words for what is bought."""
ACCELERATORS = r"gpus?|accelerators?|cards?|chips?|karten|cartes?|beschleuniger|장|枚|卡|张"
"""Words for accelerators, where a number counts these and not systems."""
TAXED = (
    r"(?:incl\.?|including|inkl\.?|inklusive|with|mit)\s*(?:\d+(?:[.,]\d+)?\s*%\s*)?(?:of\s*)?(?:vat|tax|taxes|"
    r"gst|mwst\.?|ust\.?|umsatzsteuer)|\bgross\b|brutto|\bttc\b|"
    r"부가세\s*포함|vat\s*포함|税込|(?<!不)含税|tax included|vat included"
)
"""Says that a price has tax in it."""
UNTAXED = (
    r"(?:excl\.?|excluding|exkl\.?|zzgl\.?|plus|w/?o|without|ohne|ex)\s*(?:\d+(?:[.,]\d+)?\s*%\s*)?(?:vat|tax|"
    r"taxes|gst|mwst\.?|ust\.?)|netto|net|\bht\b|부가세\s*별도|"
    r"vat\s*별도|税抜き?|税別|不含税|未税"
)
"""Says that a price has no tax in it."""
