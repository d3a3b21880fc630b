"""Numbers, times and ages as a language writes them.

Numbers are exact decimal text, as `shared.reading` gives it; they never pass through a float, and
every digit that the meter sent stays, also a trailing zero.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta, get_month_names
from babel.numbers import format_percent, get_decimal_symbol, get_group_symbol
from babel.units import format_unit

from host.texts.catalogue import DEFAULT_LANGUAGE, LANGUAGES, N_, gettext, translations

# English as Europe writes it: day before month, 24 hours.
_LOCALES = {"de": "de", "en": "en_GB", "fr": "fr"}
JUST_NOW_S = 5


class Words:
    """One language: its texts, its numbers, its times."""

    def __init__(self, language: str) -> None:
        """`language` is "de", "en" or "fr"; another one gives English."""
        self.language = language if language in LANGUAGES else DEFAULT_LANGUAGE
        self.locale = Locale.parse(_LOCALES[self.language])
        self.locale_tag = str(self.locale).replace("_", "-")
        self._decimal = get_decimal_symbol(self.locale)
        self._group = get_group_symbol(self.locale)
        self.ngettext = translations(self.language).ngettext

    def gettext(self, msgid: str) -> str:
        """Return `msgid` in this language."""
        return gettext(self.language, msgid)

    def number(self, text: str) -> str:
        """Return the decimal `text` ("-1234.50") with this language's signs ("-1.234,50").

        Text that is not a plain decimal number comes back unchanged.
        """
        digits = text.removeprefix("-")
        whole, _, fraction = digits.partition(".")
        if not (whole.isascii() and whole.isdigit()) or not (fraction + "0").isdigit():
            return text
        first = len(whole) % 3
        groups = [whole[:first]] if first else []
        groups += [whole[i : i + 3] for i in range(first, len(whole), 3)]
        sign = "\N{MINUS SIGN}" if text.startswith("-") else ""
        return sign + self._group.join(groups) + (self._decimal + fraction if fraction else "")

    def decimal(self, text: str) -> str:
        """Return the decimal `text` with this language's mark and no grouping, for a field."""
        return text.replace(".", self._decimal)

    @property
    def mark(self) -> str:
        """The decimal sign of this language."""
        return self._decimal

    def percent(self, value: int) -> str:
        """Return a whole percentage ("25 %", in English "25%")."""
        return format_percent(value / 100, locale=self.locale)

    def moment(self, at: datetime, zone: ZoneInfo | None = None) -> str:
        """Return `at` (aware) in the site's `zone`, to the second; a naive one as it stands."""
        if at.tzinfo is not None and zone is not None:
            at = at.astimezone(zone)
        return _as_it_stands(at.replace(tzinfo=None), self.locale)

    def minute(self, at: datetime, zone: ZoneInfo) -> str:
        """Return `at` (aware) in the site's `zone`, to the minute, for a clock."""
        at = at.astimezone(zone)
        return f"{format_date(at, 'medium', locale=self.locale)}, {at:%H:%M}"

    def span(self, seconds: int) -> str:
        """Return a duration ("15 minutes"), in the largest unit that divides it."""
        for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
            if seconds >= size and seconds % size == 0:
                return format_unit(seconds // size, f"duration-{unit}", "long", locale=self.locale)
        return format_unit(seconds, "duration-second", "long", locale=self.locale)

    def cycle(self, seconds: int) -> str:
        """Return a readout cycle, 0 for no pause."""
        return self.span(seconds) if seconds else self.gettext(N_("continuous"))

    def rough(self, seconds: float) -> str:
        """Return about how long something takes ("3 min"), in the largest unit that fits twice."""
        about = timedelta(seconds=round(seconds))
        return format_timedelta(about, threshold=2, format="short", locale=self.locale)

    def size(self, count: int) -> str:
        """Return how large a file of `count` bytes is ("1.4 MB")."""
        for unit, size in (("gigabyte", 1e9), ("megabyte", 1e6), ("kilobyte", 1e3)):
            if count >= size:
                value = round(count / size, 1)
                return format_unit(value, f"digital-{unit}", "short", locale=self.locale)
        return format_unit(count, "digital-byte", "long", locale=self.locale)

    def day(self, day: date) -> str:
        """Return the calendar day `day`."""
        return format_date(day, "medium", locale=self.locale)

    def months(self) -> list[tuple[int, str]]:
        """Return (number, name) of the months of a year."""
        names = get_month_names("wide", "format", locale=self.locale)
        return [(number, names[number]) for number in range(1, 13)]

    def utc(self, at: datetime) -> str:
        """Return `at` (aware) in UTC, for the title beside a local time."""
        return format_datetime(at.astimezone(UTC), "medium", locale=self.locale) + " UTC"

    def age(self, seconds: float) -> str:
        """Return how long ago something was ("3 min ago"), in the largest unit that fits twice.

        The browser writes the same text as time goes by (static/ages.js).
        """
        if seconds < JUST_NOW_S:
            return self.gettext(N_("just now"))
        ago = timedelta(seconds=-int(seconds))
        return format_timedelta(
            ago, threshold=2, add_direction=True, format="short", locale=self.locale
        )


@lru_cache(maxsize=4096)
def _as_it_stands(at: datetime, locale: Locale) -> str:
    return format_datetime(at, "medium", locale=locale)


@cache
def words(language: str) -> Words:
    """Return the `Words` of `language`, made once."""
    return Words(language)
