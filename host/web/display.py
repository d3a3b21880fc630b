"""How a value looks on a page: exact digits, a unit people know, and no trust in meters' text.

Pure: takes a record's line as `shared.mbus.report.explain` gives it, with the settings of its value
if there are any, and returns what to show. The value keeps the meter's own resolution; only the
decimal point moves (Wh to kWh), unless somebody has set another factor or unit.
"""

import re
from datetime import date, datetime
from decimal import Context, Decimal
from typing import NamedTuple

from host.readout.own_values import settings_of
from host.readout.telegrams import RecordLine, symbol
from host.settings.value import PLAIN
from host.texts.catalogue import N_
from host.texts.locale import Words

_TEXT_LIMIT = 200
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_POWER = re.compile(r"10\^(-?\d+)")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?")

# base unit -> (unit on the page, power of ten between them)
_SHOWN_UNITS = {
    "Wh": ("kWh", 3),
    "W": ("kW", 3),
    "J": ("MJ", 6),
    "J/h": ("MJ/h", 6),
    "VA": ("kVA", 3),
    "VAh": ("kVAh", 3),
    "var": ("kvar", 3),
    "varh": ("kvarh", 3),
}
# Units that are words.
_UNIT_WORDS = {
    "Units for H.C.A.": N_("units"),
    "month": N_("months"),
    "year": N_("years"),
    "currency units": N_("currency units"),
    "bit times": N_("bit times"),
}
_DURATIONS = {"min": 60, "h": 3600, "d": 86400}
_FLOAT_DIGITS = Context(prec=6)


class Shown(NamedTuple):
    """A value as the page shows it; `sort` is for the table's column, "" sorts last.

    plain: a number in this unit as decimal text, for a program.
    """

    text: str
    unit: str = ""
    sort: str = ""
    numeric: bool = False
    plain: str = ""


def visible(text: str) -> str:
    """Return a meter's `text` with its control, bidi and other hidden characters made visible.

    ESC becomes "[U+001B]", a bidi override "[U+202E]"; at most 200 characters remain.
    """
    if len(text) <= _TEXT_LIMIT and text.isprintable():
        return text
    shown = "".join(c if c.isprintable() else f"[U+{ord(c):04X}]" for c in text[:_TEXT_LIMIT])
    return shown + "\N{HORIZONTAL ELLIPSIS}" if len(text) > _TEXT_LIMIT else shown


def shift_point(text: str, places: int) -> str:
    """Return the decimal `text` divided by 10**places (>= 0), with no digit lost.

    Zeros that only the base unit needed go away again: ("2709840000", 3) gives "2709840".
    """
    if places == 0:
        return text
    sign = "-" if text.startswith("-") else ""
    whole, _, fraction = text.lstrip("-").partition(".")
    whole = whole.rjust(places + 1, "0")
    moved = whole[-places:] + fraction
    if not fraction:
        moved = moved.rstrip("0")
    whole = whole[:-places].lstrip("0") or "0"
    return sign + whole + ("." + moved if moved else "")


def is_number(record: RecordLine) -> bool:
    """Tell whether the value of `record` is a number, not a moment, a text or nothing."""
    if record["value"] is None or _is_word(record):
        return False
    return _NUMBER.fullmatch(str(record["value"])) is not None


def _is_word(record: RecordLine) -> bool:
    return not record["unit"] and record.get("factor") == ""


def shown_value(record: RecordLine, words: Words) -> Shown:
    """Return the value of `record` in the language of `words`.

    A record error or an unreadable value gives an empty text: the page then shows the reason.
    """
    value, unit = record["value"], record["unit"] or ""
    if value is None or record.get("error"):
        return Shown("")
    text = str(value)
    if _is_word(record):
        return _word(text, words)
    if is_number(record):
        return _number(record, text, unit, words)
    own = settings_of(record) or PLAIN
    return Shown(visible(text), visible(own.unit or unit), visible(text))


def _number(record: RecordLine, text: str, unit: str, words: Words) -> Shown:
    """Return a number in the unit of the page; a float with the six digits that it can hold.

    With a unit that somebody has set, it is the base unit's number divided by the factor.
    """
    own = settings_of(record) or PLAIN
    name, places = _SHOWN_UNITS.get(unit, (symbol(unit), 0))
    exact, decimals = text, 0
    told_in = record["factor"].rpartition(" ")[2]
    if record.get("is_float"):
        exact = format(_FLOAT_DIGITS.create_decimal(text), "f")
    elif unit == "s" and told_in in _DURATIONS and "." not in text:
        exact, name = _in_unit(text, _DURATIONS[told_in]), told_in
    elif unit in _UNIT_WORDS:
        name = words.gettext(_UNIT_WORDS[unit])
    elif unit:
        power = _POWER.match(record["factor"])
        decimals = -(int(power[1]) if power else 0)
    if own.unit:
        name, places = visible(own.unit), 0
    moved = shift_point(own.scaled(exact), places)
    if decimals or places:
        moved = _to_decimals(moved, decimals + places - own.times[1])
    # the digits of a serial number, a version, a counter are not grouped
    shown = words.number(moved) if unit or own.unit else moved
    return Shown(shown, name, own.scaled(text), True, moved)


def _to_decimals(text: str, decimals: int) -> str:
    """Return `text` with zeros up to `decimals`: a meter that counts litres shows 254.100 m³."""
    whole, _, fraction = text.partition(".")
    fraction = fraction.ljust(decimals, "0")
    return f"{whole}.{fraction}" if fraction else whole


def _in_unit(seconds: str, unit_s: int) -> str:
    """Return whole `seconds` in the unit the meter counts in, which divides them."""
    whole, rest = divmod(int(seconds), unit_s)
    return str(whole) if rest == 0 else format(Decimal(seconds) / unit_s, ".3f")


def _word(text: str, words: Words) -> Shown:
    """Return what is no number: a date, a text, bytes."""
    shown = _moment(text, words) if _MOMENT.fullmatch(text) else visible(text)
    return Shown(shown, "", shown and visible(text))


def _moment(text: str, words: Words) -> str:
    """Return a meter's own date or time, which has no zone; an impossible one as it is."""
    try:
        if "T" in text:
            return words.moment(datetime.fromisoformat(text))
        return words.day(date.fromisoformat(text))
    except ValueError:
        return text
