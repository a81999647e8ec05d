"""From the cells of quotes to offers and vendors, each value told with its cell."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import ValidationError

from gpuplan.instance.calendar import ALWAYS
from gpuplan.instance.faults import all_told
from gpuplan.instance.offers import Offer
from gpuplan.quotes.cells import Book, Cell
from gpuplan.quotes.desk import Desk
from gpuplan.quotes.fields import READERS
from gpuplan.quotes.names import Told, country_stated, note_names, system_of, vendor_of
from gpuplan.quotes.numbers import LONGEST_SHOWN, Unclear, money, normal, shown
from gpuplan.quotes.pricing import Price, price_of
from gpuplan.quotes.records import Record, is_stated
from gpuplan.quotes.remarks import remarks
from gpuplan.quotes.result import Quotes, as_field, goes_to, written
from gpuplan.quotes.tiers import counted, schedule_of

Tree = dict[str, object]


LONGEST_VALUE = 300
"""Characters of a cell that is no remark."""


def read_offer(book: Book, found: Quotes, record: Record, told: Told) -> None:
    """Add the offer of a record to what was found; what is unclear is asked."""
    desk = Desk(book, found, told.known, "", "", told.currency)
    for cell in record.cells():
        if cell.flaw:
            desk.problem(cell, f"{cell.flaw}: {shown(cell.text)}", "Write the value itself, or delete it.")
        elif isinstance(cell.value, str) and len(cell.value) > LONGEST_VALUE:
            desk.problem(cell, f"{len(cell.value):,} characters are no value of a quote", "Move the text to a remark.")
    if desk.failed:
        return
    desk.country = country_stated(desk, record)
    system = system_of(desk, record)
    vendor = vendor_of(desk, record, told)
    if system is None or vendor is None:
        _asked_besides(desk, record, told)
        return
    desk.offer = _free_id(found, f"{vendor}-{system}")
    note_names(desk, record, vendor, system)
    tree = _priced(desk, record, vendor, system)
    if tree is None:
        return
    _units(desk, record, system, tree)
    _plain_fields(desk, record, told.today, tree)
    _remarks(desk, record, told.today, tree)
    _assumptions(desk, record)
    if not desk.failed:
        _kept(desk, record, tree)
        number = record.fields.get("quote")
        desk.found.numbers[desk.offer] = normal(number[1].text) if number else ""


def _asked_besides(desk: Desk, record: Record, told: Told) -> None:
    """Ask for the other cells of a quote whose system or vendor is asked for, so that all is asked at once."""
    trial = Desk(desk.book, Quotes(desk.found.file), desk.known, "", desk.country, desk.currency)
    _plain_fields(trial, record, told.today, {})
    for problem in trial.found.asked:
        desk.found.add(problem)


def _free_id(found: Quotes, wanted: str) -> str:
    name, number = wanted, 2
    while name in found.offers:
        name, number = f"{wanted}-{number}", number + 1
    return name


def _priced(desk: Desk, record: Record, vendor: str, system: str) -> Tree | None:
    """The offer as far as its prices go; None where there is none or one is asked."""
    price, currency = price_of(desk, record, system)
    rent = _rent(desk, record, currency)
    if desk.failed:
        return None
    schedule = schedule_of(desk, record, price, system, currency)
    first = schedule.first
    if desk.failed:
        return None
    if first is None and rent is None:
        if is_stated(record.fields.get("total")):
            desk.problem(
                record.fields["total"][1], "this is a total, and the price of one system is not stated", "State it."
            )
        else:
            desk.found.leave(
                desk.book, record.cell, "there is no price, so this is no offer yet", "Ask the vendor for one."
            )
        return None
    if first is not None:
        desk.found.note(first.cell, desk.offer, "price", first.amount, first.assumption)
    tree: Tree = {"vendor": vendor, "system": system, "price": first.amount if first else Decimal(0)}
    if currency:
        tree["currency"] = currency
    if rent is not None:
        desk.found.note(rent.cell, desk.offer, "price_per_month", rent.amount, rent.assumption)
        tree["price_per_month"] = rent.amount
    if schedule.further:
        tree["tiers"] = list(schedule.further)
    for name, bound in (("min_units", schedule.fewest), ("max_units", schedule.most)):
        if bound is not None:
            tree[name] = bound
    return tree


def _rent(desk: Desk, record: Record, currency: str) -> Price | None:
    part = record.fields.get("price_per_month")
    if not is_stated(part) or part is None:
        return None
    with desk.asking(part[1]):
        stated = money(part[1], desk.country)
        if len(stated.readings) > 1 and currency not in ("KRW", "JPY"):
            raise Unclear(
                f"{part[1].text} can be {stated.readings[0]:,f} or {stated.readings[1]:f}",
                "Write it without separators.",
            )
        return Price(stated.readings[0].scaleb(part[0].scale), part[1])
    return None


def _units(desk: Desk, record: Record, system: str, tree: Tree) -> None:
    """Fewest, most, and lots."""
    for name in ("min_units", "max_units", "lot_units"):
        part = record.fields.get(name)
        if part is None:
            continue
        with desk.asking(part[1]):
            number = counted(desk, part, system)
            bound = tree.get(name)
            if isinstance(bound, int) and (
                (name == "min_units" and number < bound) or (name == "max_units" and number > bound)
            ):
                raise Unclear(
                    f"{number} units, and no price is stated for {'fewer' if name == 'min_units' else 'more'} "
                    f"than {bound}",
                    "Mend either.",
                )
            tree[name] = number
            desk.found.note(part[1], desk.offer, name, number)
    for name, words in (("min_units", "fewer"), ("max_units", "more")):
        if isinstance(tree.get(name), int) and name not in record.fields and record.tiers:
            cell = record.tiers[0 if name == "min_units" else -1].cell
            desk.found.note(cell, desk.offer, name, tree[name], f"no price is stated for {words}")
    _quoted_for(desk, record, tree)


def _quoted_for(desk: Desk, record: Record, tree: Tree) -> None:
    """Tell of a quantity and a total, which bound nothing; ask where they do not go with the price."""
    stated: dict[str, Decimal] = {}
    for name in ("quantity", "total"):
        part = record.fields.get(name)
        if part is None or not is_stated(part):
            continue
        cell = part[1]
        words = "a quantity that was quoted for" if name == "quantity" else "a total"
        way_out = "State it as the minimum or maximum if it is one."
        desk.found.leave(desk.book, cell, f"{words}, {shown(cell.text)}: it bounds nothing", way_out)
        with desk.asking(cell):
            readings = money(cell, desk.country).readings
            stated |= {name: readings[0].scaleb(part[0].scale)} if len(readings) == 1 else {}
    price = tree["price"]
    if len(stated) < 2 or not isinstance(price, Decimal) or record.tiers:
        return
    product = stated["quantity"] * price
    if abs(product - stated["total"]) > 1:
        cell = record.fields["total"][1]
        why = f"{stated['quantity']:f} times {price:,f} is {product:,f}, not {shown(cell.text)}"
        desk.problem(cell, why, "Mend the price, the quantity or the total: a discount may be missing.")


def _plain_fields(desk: Desk, record: Record, today: date | None, tree: Tree) -> None:
    for name, read in READERS.items():
        part = record.fields.get(name)
        if part is None or (name == "units_per_month" and not is_stated(part)):
            continue
        with desk.asking(part[1]):
            for target, (value, assumption) in read(part[0], part[1], today).items():
                _put(desk, tree, part[1], target, value, assumption)


_KEPT_IN_MIND = {
    "freight_rate": "Ask whether it is paid: then raise the price by it, or state it under `levies`.",
    "only_with": "Buy both or neither by a limit.",
}
"""What to do about a term that offers have no field for."""


def _put(desk: Desk, tree: Tree, cell: Cell, target: str, value: object, assumption: str) -> None:
    """Put a value into the offer where offers have a field for it, and tell it."""
    if target == "only_with":
        assert isinstance(value, list)
        desk.found.conditions += [(desk.offer, cell, str(one)) for one in value]
        return
    if target == "includes" and isinstance(value, list):
        before = tree.get("includes", ["system"])
        assert isinstance(before, list)
        value = [*before, *(part for part in value if part not in before)]
    field_name = goes_to(target)
    if field_name == "supply":
        value = [{"from": ALWAYS, "units_per_month": value}]
    form = as_field(field_name, value) if field_name else None
    desk.found.note(cell, desk.offer, target, value, assumption, taken=form is not None)
    if form is not None:
        tree[field_name] = form
        if field_name == "lead_days_range":  # it states the lead by itself
            tree.pop("lead_days", None)
    elif target != "quote":
        not_a_field(desk.found, desk.book, cell, target, value)


def not_a_field(found: Quotes, book: Book, cell: Cell, target: str, value: object) -> None:
    """Tell of a term that offers have no field for."""
    words = target.replace("_", " ")
    way_out = _KEPT_IN_MIND.get(target, "It is not taken over; keep it in mind.")
    found.leave(book, cell, f"{words}: {written(value)}, which offers have no field for", way_out)


def _remarks(desk: Desk, record: Record, today: date | None, tree: Tree) -> None:
    """Remarks: what is understood as a field is taken, every other part is told as a condition; all is noted."""
    kept = [normal(cell.text) for cell in record.remarks]
    for cell in record.remarks:
        for part in remarks(str(cell.text), today):
            if part.field:
                assumption = f"read from a remark; {part.assumption}" if part.assumption else "read from a remark"
                _put(desk, tree, cell, part.field, part.value, assumption)
            else:
                said = f"a remark that may carry a condition: {shown(part.text, LONGEST_SHOWN)!r}"
                way_out = "It is kept as a note only: look whether it changes price, date or units."
                desk.found.leave(desk.book, cell, said, way_out)
    if kept:
        tree["note"] = "\n".join(kept)
    for _, cell in record.fields.values():
        if cell.comment:
            said = f"a comment: {shown(cell.comment, LONGEST_SHOWN)!r}"
            desk.found.leave(desk.book, cell, said, "Look whether it changes the offer.")


def _assumptions(desk: Desk, record: Record) -> None:
    """What an offer says where a quote says nothing, told since it decides."""
    if not is_stated(record.fields.get("lead_days")):
        desk.found.note(record.cell, desk.offer, "lead_days", 0, "no lead is stated: it ships on the day it is signed")
    if not is_stated(record.fields.get("order_until")):
        desk.found.note(
            record.cell, desk.offer, "order_until", "none", "no last day is stated: it can be signed at any time"
        )
    if not is_stated(record.fields.get("payments")):
        desk.found.note(
            record.cell,
            desk.offer,
            "payments",
            "signed 100 %",
            "no terms of payment are stated: all is paid on signing",
        )


def _kept(desk: Desk, record: Record, tree: Tree) -> None:
    """Keep the offer, as the schema has it; its faults are asked."""
    try:
        desk.found.offers[desk.offer] = Offer.model_validate(tree)
    except ValidationError as error:
        for problem in all_told(error.errors(), tree, Offer):
            desk.problem(
                record.cell,
                f"{problem.path}: {problem.message}" if problem.path else problem.message,
                problem.way_out or "Mend the quote.",
            )
