"""The words around a value: its quantity, what qualifies it, its exact text, the header's fields.

Pure, in the language it is given. What a meter or a user wrote itself goes through `visible`.
"""

import re
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

from host.readout.own_values import settings_of
from host.readout.telegrams import RecordLine, medium_text, symbol
from host.settings.value import PLAIN
from host.texts import words as names
from host.texts.catalogue import N_
from host.texts.locale import Words
from host.web.anatomy import Anatomy, Byte, Part
from host.web.display import visible

_POWER = re.compile(r"^10\^(-?\d+)")


def quantity(record: RecordLine, words: Words) -> str:
    """Return what a value is called: as somebody has set it, else by its quantity."""
    own = settings_of(record)
    if own and own.designation:
        return visible(own.designation)
    name: str = record["quantity"]
    return visible(words.gettext(name)) or words.gettext(N_("Unnamed"))


def tags(record: RecordLine, words: Words) -> list[str]:
    """Return what sets a value apart from others of its quantity: maximum, tariff, storage ..."""
    found: list[str] = []
    function: str = names.FUNCTIONS.get(record["function"], "")
    if function:
        found.append(words.gettext(function))
    own = settings_of(record) or PLAIN
    if not own.designation:
        found += [words.gettext(modifier) for modifier in record["modifiers"]]
    if own.phase:
        found.append(f"L{own.phase}")
    numbers = {"tariff": own.tariff, "storage": own.month}
    for key, text in _NUMBERS:
        number = record[key] if numbers.get(key) is None else numbers[key]
        if number:
            found.append(f"{words.gettext(text)} {number}")
    return found


def origin(record: RecordLine, words: Words) -> str:
    """Return what the meter says of a value that is shown with a unit or factor of our own."""
    own = settings_of(record)
    raw = exact(record)
    if own is None or not raw or not (own.unit or own.scales):
        return ""
    if not own.scales:
        return words.gettext(N_("The meter says {value}")).format(value=raw)
    text = words.gettext(N_("The meter says {value}, factor {factor}"))
    return text.format(value=raw, factor=words.decimal(own.factor))


_NUMBERS = (("tariff", N_("Tariff")), ("storage", N_("Storage")), ("subunit", N_("Subunit")))


def exact(record: RecordLine) -> str:
    """Return the value as decoded, in its base unit, with every digit ("2709840000 Wh")."""
    if record["value"] is None:
        return ""
    text = f"{record['value']} {symbol(record['unit'] or '')}"
    return visible(text.replace("T", " ").strip() if record["factor"] == "" else text.strip())


def meaning(telegram: Anatomy, part: Part, words: Words) -> str:
    """Return what a field of the header says."""
    told: dict[int, Any] = {0: telegram.length_text(), 5: telegram.frame[5], 7: telegram.serial}
    if telegram.version is not None:  # the long header of CI 72h and 76h
        told |= {
            11: telegram.manufacturer,
            13: telegram.version,
            14: words.gettext(medium_text(telegram.medium or 0) or ""),
            15: telegram.access_no,
            16: ", ".join(words.gettext(names.STATUS[flag]) for flag in telegram.status)
            or words.gettext(N_("no fault")),
        }
    value = told.get(part.offset)
    return "" if value is None else visible(str(value))


def power(factor: str) -> Markup:
    """Return a factor ("10^-3 m³/h") with its power of ten raised; one unit is told as 1."""
    return Markup(_POWER.sub(r"10<sup>\1</sup>", str(escape(factor))).replace("<sup>-", "<sup>−"))  # noqa: S704 - escaped first


def dumped(cells: Sequence[Byte]) -> Markup:
    """Return bytes of a hex dump, each with the part it belongs to."""
    return Markup("".join(map(_dumped, cells)))  # noqa: S704 - our own digits and keys


def _dumped(byte: Byte) -> str:
    kind = f" byte--{byte.part[0]}" if byte.part else ""
    return f'<span class="byte{kind}" data-part="{byte.part}">{byte.hex}</span>'


def spaced_hex(digits: str) -> str:
    """Return hex digits in pairs ("0C 78"); a long row of them is cut after 24 bytes."""
    pairs = [digits[i : i + 2] for i in range(0, len(digits), 2)]
    return " ".join(pairs[:24]).upper() + (" …" if len(pairs) > 24 else "")
