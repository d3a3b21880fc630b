"""The settings of values, applied: the one place between what a meter says and what people see.

The store keeps what the meter sent, and readers of the raw (telegram, FULL-DB, the table for BI
tools) get that. Whatever tells a value to people asks here: pages, charts and commands have lines
(`with_own`), exports have names, units and numbers (`name`, `unit`). Numbers are scaled exactly by
`ValueSettings`. Pure, no database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

from host.readout import telegrams
from host.readout.telegrams import Record, RecordLine
from host.settings.value import OwnValues, ValueKey, ValueSettings
from shared.mbus import names

_name = cast(Callable[..., str], cast(Any, names).name)


class Counter:
    """Gives each record of a readout, in their order, the key by which its settings are kept."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def key(self, head: str) -> ValueKey:
        """Return the key of the next record, whose DIF and VIF in hex are `head`."""
        nth = self._seen.get(head, 0)
        self._seen[head] = nth + 1
        return ValueKey(head, nth)


def keys(lines: Iterable[RecordLine]) -> Iterator[ValueKey]:
    """Yield the keys of the lines of one readout (all its telegrams), in their order."""
    counter = Counter()
    for line in lines:
        yield counter.key(line["head"])


def with_own(lines: Sequence[RecordLine], own: OwnValues) -> Sequence[RecordLine]:
    """Return the lines of one readout, each that has settings with them as "own"."""
    if not own.items:
        return lines
    return [
        line if (settings := own.get(key)) is None else line | {"own": settings}
        for line, key in zip(lines, keys(lines), strict=True)
    ]


def settings_of(line: RecordLine) -> ValueSettings | None:
    """Return the settings in a line of `with_own`."""
    return line.get("own")


def told(line: RecordLine) -> RecordLine:
    """Return a line with name, unit and value as they are told: for programs and terminals."""
    own = settings_of(line)
    if own is None:
        return line
    changed: RecordLine = {
        "name": _named(
            own,
            own.designation or line["quantity"],
            () if own.designation else line["modifiers"],
            telegrams.FUNCTIONS.get(line["function"], 0),
            line["tariff"],
            line["storage"],
        )
    }
    if own.unit:
        changed["unit"] = own.unit
    if line["factor"] and line["value"] is not None:
        changed["value"] = own.scaled(line["value"])
    return line | changed


def name(record: Record, own: ValueSettings, translate: Callable[[str], str]) -> str:
    """Return the name of a value in an export; a designation is not translated."""
    words = () if own.designation else tuple(translate(w) for w in telegrams.modifiers(record))
    base = own.designation or translate(telegrams.csv_name(telegrams.quantity(record)))
    function = telegrams.FUNCTIONS.get(telegrams.function(record), 0)
    return _named(own, base, words, function, telegrams.tariff(record), telegrams.storage(record))


def _named(
    own: ValueSettings,
    base: str,
    modifiers: Sequence[str],
    function: int,
    tariff: int,
    storage: int,
) -> str:
    """Return the name by the rule of manual 11.2, with what is set in place of what is said."""
    told = _name(
        base,
        modifiers,
        function,
        tariff if own.tariff is None else own.tariff,
        storage if own.month is None else own.month,
    )
    return f"{told} / Phase {own.phase}" if own.phase else told
