"""Meter profiles: kinds of meters as data (profiles/*.json), and the telegrams made from them.

A profile says who made the meter and what it tells; README.md describes the file. This module
checks a profile when it is loaded and turns it into the application data of the meter's telegrams
at a given time, through `shared.mbus.encode`.
"""

import json
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any, NamedTuple

from shared.errors import Misuse
from shared.mbus import encode
from tools.plant.values import EPOCH, evaluate

FOLDER = Path(__file__).parent / "profiles"

VARIABLE = 0x72
FIXED = 0x73


class Identity(NamedTuple):
    """Who a meter says it is: the secondary address, in parts."""

    serial: str  # 8 BCD digits, as printed
    manufacturer: str
    version: int
    medium: int

    @property
    def header(self) -> bytes:
        """The 8 bytes on the wire: number, manufacturer, version, medium."""
        code = encode.manufacturer_code(self.manufacturer)
        return (
            int(self.serial, 16).to_bytes(4, "little")
            + code.to_bytes(2, "little")
            + bytes((self.version, self.medium))
        )


class Record(NamedTuple):
    """One data record of a profile; `form` is its value (see `values`)."""

    what: str
    coding: str
    vif: bytes
    form: Any
    function: int = 0
    storage: int = 0
    tariff: int = 0
    subunit: int = 0


class Profile(NamedTuple):
    """A kind of meter."""

    name: str
    title: str
    manufacturer: str
    version: int
    medium: int
    first_serial: int
    telegrams: list[list[Record]]
    ci: int = VARIABLE
    signature: int = 0
    tail: bytes = b""  # what follows DIF 0Fh in the last telegram
    applications: dict[int, list[int]] = {}  # application reset: sub-code >> 4 -> telegrams
    fixed: dict[str, int] = {}  # medium and unit codes of the fixed structure
    delay_bits: float = 40.0
    quirks: tuple[str, ...] = ()

    def identity(self, serial: int) -> Identity:
        """Return the identity of the meter of this kind with the number `serial`."""
        return Identity(f"{serial:08d}", self.manufacturer, self.version, self.medium)

    def records(self) -> list[Record]:
        """Return the records of all telegrams, in order."""
        return [record for telegram in self.telegrams for record in telegram]


QUIRKS = ("no_nke", "needs_nke", "keeps_place")


def parse(name: str, source: dict[str, Any]) -> Profile:
    """Return the profile that `source` (as it stands in a file) describes.

    ValueError, naming the profile and the record, for what cannot be: each record is encoded once.
    """
    known = {*Profile._fields, "fixed"} - {"name", "ci"}
    if unknown := set(source) - known:
        raise ValueError(f"profile {name}: no such key: {', '.join(sorted(unknown))}")
    try:
        telegrams = [[_record(one) for one in telegram] for telegram in source["telegrams"]]
        fields: dict[str, Any] = dict(source, name=name, telegrams=telegrams)
        fields["tail"] = bytes.fromhex(source.get("tail", ""))
        fields["applications"] = {
            int(code): chosen for code, chosen in source.get("applications", {}).items()
        }
        fields["ci"] = FIXED if source.get("fixed") else VARIABLE
        fields["quirks"] = tuple(source.get("quirks", ()))
        profile = Profile(**fields)
        if bad := set(profile.quirks) - set(QUIRKS):
            raise ValueError(f"no such quirk: {', '.join(bad)}")
        chosen = list(range(len(telegrams)))
        serial = profile.first_serial
        Contents(profile, profile.identity(serial)).telegrams(EPOCH, 0, 1, 0, chosen)
    except (KeyError, TypeError, ValueError, Misuse) as error:
        raise ValueError(f"profile {name}: {type(error).__name__}: {error}") from error
    return profile


def _record(source: dict[str, Any]) -> Record:
    fields = dict(source)
    fields["vif"] = bytes.fromhex(fields["vif"])
    return Record(fields.pop("what"), form=fields.pop("value"), **fields)


def load(folder: Path = FOLDER) -> dict[str, Profile]:
    """Return the profiles of `folder`: name (the file's) -> profile. ValueError as `parse`."""
    found: dict[str, Profile] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            source = json.loads(path.read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise ValueError(f"profile {path.name}: {error}") from error
        found[path.stem] = parse(path.stem, source)
    return found


class Contents:
    """What one meter has to tell: its profile, who it is, its size, and values set by hand."""

    def __init__(self, profile: Profile, identity: Identity, size: float = 1.0) -> None:
        self.profile = profile
        self.identity = identity
        self.size = size
        self.overrides: dict[int, Any] = {}  # index of the record -> form

    def records(self) -> list[Record]:
        """Return the profile's records, with the values set by hand in their place."""
        return [
            record._replace(form=self.overrides.get(index, record.form))
            for index, record in enumerate(self.profile.records())
        ]

    def values(self, at: float, primary: int) -> list[Any]:
        """Return the value of every record (of all telegrams, in order) at Unix time `at`."""
        serial = self.identity.serial
        facts = {"serial": int(serial), "primary": primary}
        return [
            evaluate(record.form, at, self.size, f"{serial}/{index}", facts)
            for index, record in enumerate(self.records())
        ]

    def telegrams(
        self, at: float, primary: int, access_no: int, status: int, chosen: list[int]
    ) -> list[bytes]:
        """Return the bytes after CI of the `chosen` telegrams at Unix time `at`.

        They are one set, taken at one moment. `access_no` (0-255) counts on from telegram to
        telegram. Misuse when a value does not fit its coding.
        """
        pairs = list(zip(self.records(), self.values(at, primary), strict=True))
        parts: list[list[tuple[Record, Any]]] = []
        for telegram in self.profile.telegrams:
            parts.append(pairs[: len(telegram)])
            pairs = pairs[len(telegram) :]
        make = self._fixed if self.profile.ci == FIXED else self._variable
        return [
            make(parts[number], (access_no + place) & 0xFF, status, place + 1 < len(chosen))
            for place, number in enumerate(chosen)
        ]

    def _variable(
        self, part: list[tuple[Record, Any]], access_no: int, status: int, more: bool
    ) -> bytes:
        body = b"".join(_encoded(record, value) for record, value in part)
        if self.profile.tail and not more:
            body += b"\x0f" + self.profile.tail
        signature = self.profile.signature
        return encode.variable_data(*self.identity, access_no, status, signature, body, more)

    def _fixed(
        self, part: list[tuple[Record, Any]], access_no: int, status: int, more: bool
    ) -> bytes:
        del more  # the fixed structure has no further telegrams
        codes = self.profile.fixed
        units = [codes["unit_1"], codes["unit_2"]]
        counters = [_number(record, value) for record, value in part]
        return encode.fixed_data(
            self.identity.serial, access_no, status, codes["medium"], units, counters
        )


def _number(record: Record, value: float | int) -> int:
    """Return `value` as the integer to be sent.

    Counters round down, as their display does, and start again from 0 when they are full.
    """
    counts = isinstance(record.form, dict) and "counter" in record.form
    rounding = ROUND_DOWN if counts else ROUND_HALF_EVEN
    number = int(Decimal(repr(value)).to_integral_value(rounding))
    if counts and record.coding.startswith("bcd"):
        return number % 10 ** int(record.coding[3:])
    if counts:
        return number % (1 << (int(record.coding[3:]) - 1))
    return number


def _encoded(record: Record, value: Any) -> bytes:
    if record.coding.startswith(("int", "bcd")):
        value = _number(record, value)
    elif record.coding == "real32":
        sign, digits, exponent = Decimal(f"{value:.7g}").as_tuple()
        mantissa = int("".join(map(str, digits)))
        value = (-mantissa if sign else mantissa, exponent)
    elif record.coding == "binary":
        value = bytes.fromhex(value)
    elif record.coding == "G":
        value = value[:3]
    return encode.record(
        record.coding,
        record.vif,
        value,
        record.function,
        record.storage,
        record.tariff,
        record.subunit,
    )
