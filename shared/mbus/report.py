"""A telegram told to the outside: the JSON object of decode_telegram, and byte by byte.

The keys of `as_dict` and their order are a contract; `to_json` writes them in that order on every
Python, dictionaries do not keep theirs on a board.
"""

import json

from shared import quantities, reading, scaled
from shared.errors import MbuslinkError
from shared.mbus import meanings, media, telegram, vib
from shared.mbus.records import BROKEN

KEYS = (
    "ok",
    "error",
    "ci",
    "manufacturer",
    "id",
    "version",
    "medium",
    "access_no",
    "status",
    "signature",
    "more",
    "records",
)
RECORD_KEYS = (
    "function",
    "storage",
    "tariff",
    "subunit",
    "name",
    "quantity",
    "unit",
    "value",
    "raw",
    "error",
)

# Bits of the status byte (EN 13757-7:2018 Table 15), the lowest two together.
_APPLICATION = (None, "application_busy", "application_error", "abnormal_condition")
_FLAGS = ("power_low", "permanent_error", "temporary_error")


def as_dict(said):
    """Return `said` (Telegram) as the JSON object of decode_telegram.

    Numbers are exact decimal text in base units, dates ISO 8601, bytes hex; a value that there is
    none of is None. "error" stands in a record only where its value cannot be read or trusted.
    """
    error = said.error
    return {
        "ok": error is None,
        "error": error,
        "ci": said.ci,
        "manufacturer": said.manufacturer,
        "id": said.id,
        "version": said.version,
        "medium": media.medium(said.medium, said.ci & 0xFB == 0x73),
        "access_no": said.access_no,
        "status": _hex(said.status, 2),
        "signature": _hex(said.signature, 4),
        "more": said.more,
        "records": [_record(record) for record in said.records],
    }


def frame_as_dict(frame, decode=telegram.decode):
    """Return the object of `as_dict` for the bytes of a frame; what is no telegram has ok False.

    Of a frame that is cut off or spoilt it tells what can be read. decode: as `telegram.decode`.
    """
    try:
        return as_dict(decode(frame))
    except MbuslinkError as trouble:
        from shared.mbus.salvage import salvage

        said = salvage(frame, str(trouble), decode)
        return as_dict(said) if said else failure(str(trouble))


def failure(reason):
    """Return the object of what is no telegram: ok False and `reason` (text), nothing read."""
    empty: "dict[str, object]" = dict([(word, None) for word in KEYS])
    empty.update({"ok": False, "error": reason, "more": False, "records": []})
    return empty


def _hex(number, digits):
    if number is None:
        return None
    return "%02X" % number if digits == 2 else "%04X" % number


def _record(record):
    storage, tariff, subunit = reading.numbers(record)
    told = {
        "function": reading.function(record),
        "storage": storage,
        "tariff": tariff,
        "subunit": subunit,
        "name": reading.name(record),
        "quantity": reading.quantity(record),
        "unit": reading.unit(record),
        "value": reading.value_text(record),
        "raw": reading.raw(record),
    }
    reason = reading.error(record)
    if reason:
        told["error"] = reason
    return told


def to_json(told):
    """Return an object of `as_dict` as JSON text on one line, its keys always in the same order."""
    records = [_ordered(record, RECORD_KEYS) for record in told["records"]]
    head = _ordered(told, KEYS[:-1])
    return head[:-1] + ', "records": [' + ", ".join(records) + "]}"


def _ordered(told, keys):
    return "{" + ", ".join(['"%s": %s' % (k, _text(told[k])) for k in keys if k in told]) + "}"


def _text(value):
    """Return JSON of a text, int, bool or None in ASCII; json.dumps differs between the Pythons."""
    if not isinstance(value, str):
        return json.dumps(value)
    out = ['"']
    for character in value:
        code = ord(character)
        if character in '"\\':
            out.append("\\" + character)
        elif 0x20 <= code < 0x7F:
            out.append(character)
        else:
            out.append("\\u%04x" % code)
    return "".join(out) + '"'


def explain(said):
    """Return one dict a record: where it stands, its bytes and what each part of them means.

    Keys: "offset" and "length" in the frame, "dif", "vif" and "data" (hex, extensions included),
    "function", "storage", "tariff", "subunit", "name", "quantity", "factor" (such as "10^3 Wh"),
    "unit", "value", "error". The counters of a fixed structure have no DIF and VIF: hex "".
    """
    told = []
    for record in said.records:
        line = _record(record)
        made = len(record[0]) != len(said.frame)  # fixed structure or alarm
        line["offset"] = record[1]
        line["length"] = record[4] - record[1]
        line["dif"] = "" if made or record[5] == BROKEN else reading.dib_of(record).hex()
        line["vif"] = "" if made or record[5] == BROKEN else reading.vib_of(record).hex()
        if made:
            line["length"] = record[4] - record[3]
            line["offset"] = (15 if said.ci & 0xFB == 0x73 else 7) + len(told) * line["length"]
        line["data"] = line.pop("raw")
        line["error"] = reading.error(record)
        line["factor"] = _factor(record)
        told.append(line)
    return told


def _factor(record):
    """Return what one unit of the data is: "10^3 Wh", "h"; "" where the value is no number."""
    if reading.scaled(record) is None:
        return ""
    bytes_ = reading.vib_of(record)
    _, power, addend = vib.amount(bytes_)
    unit = quantities.symbol(meanings.units(bytes_)[2])
    told = "10^%d %s" % (power, unit) if power else unit or "1"
    return told + " + " + scaled.text(addend[0], addend[1]) if addend else told


def status_flags(status):
    """Return the words of the bits set in a status byte: a list of texts (keys of messages)."""
    flags = []
    if status is None:
        return flags
    if status & 3:
        flags.append(_APPLICATION[status & 3])
    for bit in range(3):
        if status >> (2 + bit) & 1:
            flags.append(_FLAGS[bit])
    for bit in range(5, 8):
        if status >> bit & 1:
            flags.append("manufacturer_%d" % bit)
    return flags
