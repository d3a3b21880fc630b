"""A chart in words, in the language it is given: titles, labels, the table, the summary. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_date, format_interval, format_skeleton

from host.readout import charts, comparison
from host.readout.comparison import Part, Row
from host.readout.spans import Span
from host.readout.telegrams import RecordLine
from host.texts.catalogue import N_
from host.texts.locale import Words
from host.web import record_text
from host.web.chart import Chart
from host.web.display import Shown, shown_value

MARKS = {
    charts.EXCHANGED: N_("meter exchanged"),
    charts.OVERFLOWED: N_("counter went over its end"),
    charts.RESET: N_("counter was reset"),
    charts.GAP: N_("estimated, as readings are missing"),
    charts.PARTIAL: N_("incomplete"),
}
EVENTS = (charts.EXCHANGED, charts.OVERFLOWED, charts.RESET)
"""What happened to a meter, among the marks."""

_LABELS = {"day": "MMMEd", "month": "yMMMM"}


def value_name(record: RecordLine, words: Words) -> str:
    """Return what a value is called, with what sets it apart ("Energy, tariff 1")."""
    return ", ".join([record_text.quantity(record, words), *record_text.tags(record, words)])


def span_name(span: Span, words: Words) -> str:
    """Return how a span is called: "November 2026", "2–8 Nov 2026"."""
    locale, last = words.locale, span.end - timedelta(days=1)
    if span.kind == "day":
        return format_date(span.start, "full", locale=locale)
    if span.kind == "month" and span.is_calendar:
        return format_skeleton("yMMMM", span.start, locale=locale)
    if span.kind == "year":
        if span.is_calendar:
            return str(span.start.year)
        return format_interval(span.start, last, "yMMM", locale=locale)
    return format_interval(span.start, last, "yMMMd", locale=locale)


def label(part: Part, step: str, span: Span, words: Words) -> str:
    """Return when a part is: "14:00", "Mon 2 Nov", "November 2026"."""
    if step in _LABELS:
        return _day(part.begin, _LABELS[step], words)
    clock = f"{part.begin:%H:%M}"
    if part.begin.utcoffset() != part.begin.replace(fold=1 - part.begin.fold).utcoffset():
        clock += f" (UTC{part.begin.isoformat()[-6:]})"  # the clocks show this hour twice
    return clock if span.kind == "day" else f"{_day(part.begin, 'MMMEd', words)}, {clock}"


def ticks(chart: Chart, words: Words) -> list[tuple[int, str]]:
    """Return (place of the row, short text) for the axis."""
    skeleton = {"week": "Ed", "month": "d", "year": "MMM"}.get(chart.span.kind, "")
    found: list[tuple[int, str]] = []
    last = ""
    for place, row in enumerate(chart.rows):
        begin = row.shown.begin
        if not skeleton:
            if begin.minute == 0 and begin.hour % 3 == 0 and not begin.fold:
                found.append((place, f"{begin:%H:%M}"))
            continue
        text = str(begin.day) if skeleton == "d" else _day(begin, skeleton, words)
        if text != last:
            found.append((place, text))
        last = text
    return found


@lru_cache(maxsize=4096)
def _day_text(year: int, month: int, day: int, skeleton: str, words: Words) -> str:
    return format_skeleton(skeleton, date(year, month, day), locale=words.locale)


def _day(at: datetime, skeleton: str, words: Words) -> str:
    return _day_text(at.year, at.month, at.day, skeleton, words)


def shown(chart: Chart, value: Decimal | None, words: Words) -> Shown:
    """Return a value of the chart as pages show it, empty for None."""
    if value is None:
        return Shown("")
    return shown_value(chart.record | {"value": format(value, "f"), "error": None}, words)


def unit(chart: Chart, words: Words) -> str:
    """Return the unit that the values are shown in."""
    return shown(chart, Decimal(0), words).unit


def remark(part: Part | None, words: Words) -> str:
    """Return what is to be known of a part, "" for nothing."""
    if part is None:
        return ""
    if part.value is None:
        return words.gettext(N_("no reading"))
    return ", ".join(words.gettext(MARKS[mark]) for mark in part.marks)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table. values: as `columns` names them."""

    label: str
    at: datetime
    values: Sequence[Shown]
    remark: str


def columns(chart: Chart, words: Words) -> list[str]:
    """Return the titles of the values in the table."""
    gettext = words.gettext
    titles = [gettext(N_("Consumption"))]
    if not chart.is_counter:
        titles = [gettext(N_("Mean")), gettext(N_("Lowest")), gettext(N_("Highest"))]
    return titles + ([span_name(chart.other, words)] if chart.other else [])


def lines(chart: Chart, words: Words) -> Iterator[Line]:
    """Yield the rows of the table."""
    for row in chart.rows:
        now = row.now
        values = [now.value if now else None]
        if not chart.is_counter:
            values += [now.low, now.high] if now else [None, None]
        if chart.other:
            values.append(row.before.value if row.before else None)
        yield Line(
            label(row.shown, chart.step, chart.span, words),
            row.shown.begin,
            [shown(chart, value, words) for value in values],
            "; ".join(_remarks(row, chart, words)),
        )


def _remarks(row: Row, chart: Chart, words: Words) -> Iterator[str]:
    if row.now is None or row.now.begin < chart.now:  # what is to come has no reading yet
        text = remark(row.now, words)
        if text:
            yield text
    if row.before and row.before.marks:
        yield words.gettext(N_("compared: {remark}")).format(remark=remark(row.before, words))


def summary(chart: Chart, words: Words) -> list[str]:
    """Return what the chart says, in sentences."""
    now = [row.now for row in chart.rows if row.now]
    if all(part.value is None for part in now):
        text = words.gettext(N_("There are no readings in this period ({span})."))
        return [text.format(span=span_name(chart.span, words))]
    told = _counted(chart, now, words) if chart.is_counter else _measured(chart, now, words)
    return [*told, *_happened(chart, now, words)]


def _counted(chart: Chart, now: Sequence[Part], words: Words) -> Iterator[str]:
    gettext, name = words.gettext, span_name(chart.span, words)
    total = comparison.total(now)
    assert total is not None
    text = N_("Consumption in this period ({span}): {value}.")
    if chart.is_under_way:
        text = N_("Consumption in this period so far ({span}): {value}.")
    yield gettext(text).format(span=name, value=_with_unit(chart, total, words))
    yield from _compared(chart, words)
    top = comparison.extreme(now, lambda part: part.value, most=True)
    if top is not None and top.value and len(now) > 1:
        when = label(top, chart.step, chart.span, words)
        text = gettext(N_("The most: {value} ({when})."))
        yield text.format(value=_with_unit(chart, top.value, words), when=when)


_SAME = N_("As much as in the period compared ({span}): {value}.")
_SAME_PART = N_("As much as in the same part of the period compared ({span}): {value}.")
_OTHER = N_("{change} than in the period compared ({span}): {value}.")
_OTHER_PART = N_("{change} than in the same part of the period compared ({span}): {value}.")


def _compared(chart: Chart, words: Words) -> Iterator[str]:
    """Tell how much more or less it is than what it is compared with.

    Like with like: where one has no reading yet, or none any more, the other does not count.
    """
    known = [row for row in chart.rows if not _is_missing(row.now) and not _is_missing(row.before)]
    now = comparison.total([row.now for row in known if row.now])
    before = comparison.total([row.before for row in known if row.before])
    if chart.other is None or now is None or before is None:
        return
    is_part = any(
        part is not None and part.value is not None
        for row in chart.rows
        if row not in known
        for part in (row.now, row.before)
    )
    gettext = words.gettext
    values = {"span": span_name(chart.other, words), "value": _with_unit(chart, before, words)}
    if now == before:
        yield gettext(_SAME_PART if is_part else _SAME).format(**values)
        return
    change = gettext(N_("More") if now > before else N_("Less"))
    if before:
        text = gettext(N_("{percent} more") if now > before else N_("{percent} less"))
        change = text.format(percent=words.percent(abs(round(100 * (now - before) / before))))
    yield gettext(_OTHER_PART if is_part else _OTHER).format(change=change, **values)


def _is_missing(part: Part | None) -> bool:
    return part is not None and part.value is None


def _measured(chart: Chart, now: Sequence[Part], words: Words) -> Iterator[str]:
    gettext = words.gettext
    low = comparison.extreme(now, lambda part: part.low, most=False)
    high = comparison.extreme(now, lambda part: part.high, most=True)
    assert low is not None
    assert high is not None
    text = N_(
        "On average {mean} in this period ({span}), lowest {low} ({then}), highest {high} ({when})."
    )
    yield gettext(text).format(
        span=span_name(chart.span, words),
        mean=_with_unit(chart, comparison.mean(now), words),
        low=_with_unit(chart, low.low, words),
        then=label(low, chart.step, chart.span, words),
        high=_with_unit(chart, high.high, words),
        when=label(high, chart.step, chart.span, words),
    )
    before = comparison.mean([row.before for row in chart.rows if row.before])
    if chart.other and before is not None:
        text = gettext(N_("In the period compared ({span}): {mean} on average."))
        mean = _with_unit(chart, before, words)
        yield text.format(span=span_name(chart.other, words), mean=mean)


def _happened(chart: Chart, now: Sequence[Part], words: Words) -> Iterator[str]:
    for mark in EVENTS:
        when = [label(part, chart.step, chart.span, words) for part in now if mark in part.marks]
        if when:
            text = words.gettext(MARKS[mark])
            yield f"{text[:1].upper()}{text[1:]}: {'; '.join(when)}."
    guessed = sum(comparison.is_guessed(part) for part in now)
    empty = sum(part.value is None and part.begin < chart.now for part in now)
    if chart.is_counter and guessed:
        text = words.ngettext(
            "%(num)s value is estimated, as readings are missing.",
            "%(num)s values are estimated, as readings are missing.",
            guessed,
        )
        yield text % {"num": guessed}
    if empty and chart.is_counter:
        text = words.ngettext(
            "For %(num)s value there is no reading.",
            "For %(num)s values there is no reading.",
            empty,
        )
        yield text % {"num": empty}
    if not chart.is_counter and (found := comparison.gaps(now, chart.gap_s)):
        text = words.ngettext(
            "Readings are missing in %(num)s place.",
            "Readings are missing in %(num)s places.",
            len(found),
        )
        yield text % {"num": len(found)}


def _with_unit(chart: Chart, value: Decimal | None, words: Words) -> str:
    told = shown(chart, value, words)
    return f"{told.text}\N{NO-BREAK SPACE}{told.unit}".strip()
