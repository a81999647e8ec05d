"""Numbers and days as people read them."""

from __future__ import annotations

from decimal import Decimal

SCALES = ((Decimal(10**12), "tn"), (Decimal(10**9), "bn"), (Decimal(10**6), "M"))


def money(amount: Decimal, currency: str) -> str:
    """Money to four digits or more: 1.459 tn KRW, 876.2 bn KRW; below a million to the cent."""
    for scale, name in SCALES:
        scaled = round(amount / scale, 3)
        if abs(scaled) >= 1:
            digits = 1 if abs(scaled) >= Decimal("99.95") else 2 if abs(scaled) >= Decimal("9.995") else 3
            return f"{scaled:z,.{digits}f} {name} {currency}"
    return f"{amount:z,.2f} {currency}"


def quantity(amount: Decimal, unit: str, currency: str) -> str:
    """An amount with its unit; shares as per cent, money in the reporting currency."""
    if unit == "money":
        return money(amount, currency)
    if unit == "share":
        return f"{amount * 100:z.1f} %"
    text = f"{amount:z,.0f}" if amount == amount.to_integral_value() else f"{amount:z,.2f}"
    is_one = amount == 1 and unit.isalpha() and unit.endswith("s") and not unit.endswith("ops")
    return f"{text} {unit[:-1] if is_one else unit}".strip()


def percent(share: Decimal | float | None) -> str:
    """A share as per cent, or a dash."""
    return "-" if share is None else f"{float(share) * 100:.3g} %"


def plural(number: int, word: str) -> str:
    """1 site, 2 sites."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
