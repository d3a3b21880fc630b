"""What can be set of one value of a meter (manual 6.4.5, 6.7): how it is told, and its factor.

The factor divides, as in the manual: 1000 moves the decimal point three places to the left, 0.001
to the right, 1/60 makes sixty of one. It is a text and worked with exactly; a factor by which a
number cannot be divided without a rest, such as 3, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Annotated, Any, ClassVar, NamedTuple, cast

from pydantic import AfterValidator

from host.settings import checks
from host.settings.chapter import Chapter, setting
from host.texts.catalogue import N_
from shared import scaled
from shared.errors import BadSetting

PHASES = (1, 2, 3)
LONGEST_HEAD = 500
"""So many hex digits of DIF and VIF tell a value at most; one with more has no settings."""
MOST_VALUES = 1000
"""Of one meter."""

_FACTOR = re.compile(r"(?P<over>1/)?[1-9][0-9]{0,8}|[0-9]{1,9}[.,][0-9]{0,8}[1-9]")
"""No zeros at the end of decimals: 1.000 may be meant as 1000."""
_MOST_DIGITS = 18

_exact = cast(Any, scaled)


class ValueKey(NamedTuple):
    """Which value of a meter. head: DIF, VIF and their extensions in hex; nth: which of those with
    the same head in a readout, from 0."""

    head: str
    nth: int


@lru_cache(maxsize=1024)
def times(factor: str) -> tuple[int, int] | None:
    """Return what a value is multiplied by, exactly, as (mantissa, exponent).

    None for a text that is no factor, and for one that would leave a rest.
    """
    found = _FACTOR.fullmatch(factor)
    if found is None:
        return None
    wanted = 1 / Fraction(factor.replace(",", "."))
    for places in range(_MOST_DIGITS + 1):
        shifted = wanted * 10**places
        if shifted.denominator == 1:
            mantissa, exponent = _exact.normal((shifted.numerator, -places))
            return None if mantissa >= 10**_MOST_DIGITS else (mantissa, exponent)
    return None


def _factor(text: str) -> str:
    text = text.strip()
    if times(text) is None:
        raise checks.wrong(
            N_("write a factor such as 1000, 0.001 or 1/60, by which numbers divide without a rest")
        )
    return text.replace(",", ".")


_Line = Annotated[str, AfterValidator(checks.one_line)]


class ValueSettings(Chapter):
    """The settings of a value; what is empty or None is as the meter says."""

    TITLE: ClassVar[str] = N_("Value")
    HELP: ClassVar[str] = N_("How a value is told; what the meter sends is kept as it is.")
    MANUAL: ClassVar[str] = "6.4.5"

    designation: _Line = setting(
        "", N_("Designation"), N_("What the value is called in place of the meter's own name."),
        kind="text", high=100,
    )  # fmt: skip
    unit: _Line = setting(
        "", N_("Unit"), N_("Stands beside the number as you write it; only the factor converts."),
        kind="text", high=20,
    )  # fmt: skip
    factor: Annotated[str, AfterValidator(_factor)] = setting(
        "1", N_("Factor (divides)"),
        N_("1000 moves the decimal point three places to the left, 0.001 to the right."),
        kind="text", high=20,
    )  # fmt: skip
    phase: Annotated[int, checks.one_of(PHASES)] | None = setting(
        None, N_("Phase"), N_("Of an electricity meter: 1, 2 or 3."),
        kind="choice", choices=[(phase, f"L{phase}") for phase in PHASES],
    )  # fmt: skip
    tariff: int | None = setting(
        None, N_("Tariff"), N_("Its number, where the meter does not say it or says another."),
        kind="number", low=0, high=9999,
    )  # fmt: skip
    month: int | None = setting(
        None, N_("Month"), N_("Number of the stored month or reading date; 0: the present value."),
        kind="number", low=0, high=9999,
    )  # fmt: skip

    @property
    def times(self) -> tuple[int, int]:
        """What a number is multiplied by: (mantissa, exponent)."""
        return times(self.factor) or (1, 0)

    @property
    def scales(self) -> bool:
        """Tell whether the factor changes numbers."""
        return self.times != (1, 0)

    @property
    def divisor(self) -> str:
        """The factor as a decimal number to 12 places, "0" where none is set."""
        if not self.scales:
            return "0"
        return f"{float(Fraction(self.factor)):.12f}".rstrip("0").rstrip(".")

    def scaled(self, decimal: str) -> str:
        """Return a number, exact decimal text, with the factor applied, as exactly."""
        return self.scaled_text(*_exact.from_text(decimal)) if self.scales else decimal

    def scaled_text(self, mantissa: int, exponent: int) -> str:
        """Return mantissa x 10**exponent with the factor applied, as exact decimal text."""
        factor, shift = self.times
        return _exact.text(mantissa * factor, exponent + shift)

    def facts(self) -> dict[str, Any]:
        """Return what is not as the meter says."""
        return {
            row.name: value
            for row in self.rows()
            if (value := getattr(self, row.name)) != row.default
        }


PLAIN = ValueSettings()
"""All as the meter says."""


@dataclass(frozen=True)
class OwnValues:
    """The values of a meter that have settings, in the order of their keys; can be hashed."""

    items: tuple[tuple[ValueKey, ValueSettings], ...] = ()

    @classmethod
    def of(cls, settings: Mapping[ValueKey, ValueSettings]) -> OwnValues:
        """Return those of `settings` that say something."""
        return cls(tuple(sorted((key, one) for key, one in settings.items() if one != PLAIN)))

    @cached_property
    def by_key(self) -> Mapping[ValueKey, ValueSettings]:
        return dict(self.items)

    def get(self, key: ValueKey) -> ValueSettings | None:
        """Return the settings of a value, None when it has none."""
        return self.by_key.get(key) if self.items else None


NOTHING = OwnValues()

_HEAD = re.compile(r"([0-9a-f]{2})+")


def entries(settings: Mapping[ValueKey, ValueSettings]) -> list[dict[str, Any]]:
    """Return settings as JSON has them; `from_entries` reads them again."""
    return [{"head": key.head, "nth": key.nth, **one.facts()} for key, one in settings.items()]


def from_entries(found: Any) -> dict[ValueKey, ValueSettings]:
    """Return the settings in a list of `entries`, whoever wrote it.

    Raises `BadSetting` for anything that is not such a list, to its last entry.
    """
    if not isinstance(found, list) or len(cast(Sequence[Any], found)) > MOST_VALUES:
        raise BadSetting(f"a list of at most {MOST_VALUES} values is wanted")
    settings: dict[ValueKey, ValueSettings] = {}
    for number, entry in enumerate(cast(Sequence[Any], found), 1):
        if not isinstance(entry, dict):
            raise BadSetting(f"value {number}: an object is wanted")
        rest = dict(cast(Mapping[str, Any], entry))
        key = ValueKey(rest.pop("head", None), rest.pop("nth", None))
        if not _is_key(key) or key in settings:
            raise BadSetting(f"value {number}: head and nth tell no value, or one told before")
        settings[key] = PLAIN.changed(**rest)
    return settings


def _is_key(key: tuple[Any, Any]) -> bool:
    head, nth = key
    if not isinstance(head, str) or type(nth) is not int or not 0 <= nth < MOST_VALUES:
        return False
    return len(head) <= LONGEST_HEAD and _HEAD.fullmatch(head) is not None
