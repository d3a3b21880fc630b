"""How an export is written, and which meters stand in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from host.export.media import GROUPS, group_of
from host.store.meters import Meter
from host.texts.catalogue import DEFAULT_LANGUAGE, LANGUAGES
from shared.errors import BadAddress, BadSetting
from shared.mbus.addresses import parse_address

KINDS = {"standard": "csv", "full-db": "csv", "json": "json", "xlsx": "xlsx"}
"""Kind of file -> how its name ends."""

SEPARATORS = (";", ",", "\t")
DECIMAL_MARKS = (".", ",")


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is written. kind: one of `KINDS`; language: of the values' names.

    Of CSV alone: separator, one of `SEPARATORS`; mark, one of `DECIMAL_MARKS`; bom: a byte order
    mark, by which Excel knows UTF-8. Raises `BadSetting` for what there is not.
    """

    kind: str = "standard"
    separator: str = ";"
    mark: str = "."
    language: str = DEFAULT_LANGUAGE
    bom: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadSetting(f"format {self.kind!r}: choose one of {', '.join(KINDS)}")
        if self.separator not in SEPARATORS:
            raise BadSetting(f"separator {self.separator!r}: choose ; or , or a tab")
        if self.mark not in DECIMAL_MARKS:
            raise BadSetting(f"decimal mark {self.mark!r}: choose . or ,")
        if self.language not in LANGUAGES:
            raise BadSetting(f"language {self.language!r}: choose one of {', '.join(LANGUAGES)}")


@dataclass(frozen=True, slots=True)
class Period:
    """The readings from `since` until before `until`; None: from the first, to the last.

    dated: of these only the ones that were taken for a reading date (manual 6.6).
    """

    since: datetime | None = None
    until: datetime | None = None
    dated: bool = False


def choose(
    known: Sequence[Meter], addresses: Iterable[str] | None = None, medium: str | None = None
) -> list[Meter]:
    """Return which of the meters are chosen, in their order: by address, by medium, or all.

    medium: a key of `GROUPS`. Raises `BadAddress` for a meter that is not registered and
    `BadSetting` for a medium that there is not.
    """
    if medium is not None and medium not in GROUPS:
        raise BadSetting(f"medium {medium!r}: choose one of {', '.join(GROUPS)}")
    chosen = list(known)
    if addresses is not None:
        wanted = dict.fromkeys(parse_address(address).text for address in addresses)
        by_address = {meter.address: meter for meter in known}
        missing = [address for address in wanted if address not in by_address]
        if missing:
            raise BadAddress(f"{missing[0]}: not registered; python -m host state lists the meters")
        chosen = [by_address[address] for address in wanted]
    return [meter for meter in chosen if medium is None or group_of(meter.medium) == medium]


def file_name(meter: Meter, moment: datetime, form: Format, *, dated: bool = False) -> str:
    """Return ID-secondary address-YYYYMMDDhhmmss.csv (manual 6.10.1); `moment` is shown in UTC."""
    who = meter.serial or meter.address
    part = "-dates" if dated else ""
    return f"{meter.id}-{who}-{moment.astimezone(UTC):%Y%m%d%H%M%S}{part}.{KINDS[form.kind]}"
