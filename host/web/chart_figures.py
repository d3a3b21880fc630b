"""A chart as numbers: what the browser draws (JSON), and the same as a CSV file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from host.export.csv_text import LINE_END, CsvStyle
from host.readout import comparison
from host.readout.comparison import Part
from host.texts.catalogue import N_
from host.texts.locale import Words
from host.web import chart_text
from host.web.chart import Chart
from host.web.chart_text import Line
from host.web.display import Shown

_BOM = "\N{BYTE ORDER MARK}"


def figures(chart: Chart, lines: Sequence[Line], words: Words) -> dict[str, Any]:
    """Return what is drawn; each list has a number for each row of the table, None for none.

    lines: those of the table. joined: places without a reading where none was due, which a line
    goes over. gaps: first and last place of those where some are missing. guessed: bars over a gap.
    events: places where the meter was exchanged, reset or went over its end.
    """
    now = [row.now for row in chart.rows]
    names = ["now"] if chart.is_counter else ["now", "low", "high"]
    if chart.other:
        names.append("before")
    columns = [[_number(line.values[at]) for line in lines] for at in range(len(names))]
    return {
        "kind": "bars" if chart.is_counter else "line",
        "unit": chart_text.unit(chart, words),
        "labels": [line.label for line in lines],
        "ticks": chart_text.ticks(chart, words),
        **dict(zip(names, columns, strict=True)),
        "joined": _joined(chart, now),
        "before_joined": _joined(chart, [row.before for row in chart.rows]),
        "gaps": comparison.gaps(now, chart.gap_s),
        "guessed": [place for place, part in enumerate(now) if comparison.is_guessed(part)],
        "events": [
            place
            for place, part in enumerate(now)
            if part and set(part.marks) & set(chart_text.EVENTS)
        ],
    }


def _number(value: Shown) -> float | None:
    return float(value.plain) if value.plain else None


def _joined(chart: Chart, parts: Sequence[Part | None]) -> list[int]:
    """Return the places that a line goes over without a break."""
    known = [place for place, part in enumerate(parts) if part and part.value is not None]
    if chart.is_counter or not known:
        return []
    broken = {place for a, b in comparison.gaps(parts, chart.gap_s) for place in range(a, b + 1)}
    between = set(range(known[0], known[-1])) - set(known)
    return sorted(between - broken)


def csv(chart: Chart, words: Words) -> Iterator[str]:
    """Yield the lines of the CSV file: semicolons, the language's decimal mark, times with zone."""
    style = CsvStyle(";", "." if words.language == "en" else ",")
    gettext = words.gettext
    unit = chart_text.unit(chart, words)
    name = chart_text.value_name(chart.record, words)
    titles = [f"{title} ({unit})" for title in chart_text.columns(chart, words)]
    titles[0] = f"{name}: {titles[0]}"
    first = [gettext(N_("From")), gettext(N_("Until")), *titles, gettext(N_("Remark"))]
    yield _BOM + ";".join(style.text(title) for title in first) + LINE_END
    for row, line in zip(chart.rows, chart_text.lines(chart, words), strict=True):
        part = row.shown
        cells = [part.begin.isoformat(timespec="minutes"), part.end.isoformat(timespec="minutes")]
        cells += style.decimals([value.plain for value in line.values])
        yield ";".join([*cells, style.text(line.remark)]) + LINE_END
