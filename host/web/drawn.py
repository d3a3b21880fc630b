"""What takes long to draw, kept as HTML for all who see it in the same language.

It depends on what is named as its key and nothing else; who asks is not among it.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from datetime import datetime, timedelta
from typing import Any

from jinja2.runtime import Context
from jinja2.utils import pass_context
from markupsafe import Markup

from host.store.meters import Meter
from host.store.readings import Reading
from host.web.meters_view import MeterRow

OLDEST = timedelta(seconds=10)
"""So old may the age be that a row tells; the page's script counts on from there."""
MOST_READINGS = 300
"""Some 50 kB each."""


class Drawn:
    """Rows of the overview, and a meter's values and telegrams."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, int], tuple[MeterRow, datetime, Markup]] = {}
        self._readings: OrderedDict[Hashable, Markup] = OrderedDict()

    @pass_context
    def rows(self, context: Context, rows: Sequence[MeterRow]) -> Markup:
        """Return `rows` as the page of `context` shows them: its `words`, `zone` and `now`."""
        now: datetime = context["now"]
        language, zone = context["words"].language, str(context["zone"])
        drawn: list[str] = []
        for row in rows:
            place = (language, zone, row.meter.id)
            kept = self._rows.get(place)
            if kept is None or not _holds(kept, row, now):
                kept = row, now, _draw(context, "_meter_row.html", row=row)
                self._rows[place] = kept
            drawn.append(kept[2])
        return Markup("".join(drawn))  # noqa: S704 - escaped in there

    @pass_context
    def reading(self, context: Context) -> Markup:
        """Return `values`, `telegrams` of the `reading` of `meter`; the `newest` leads to charts.

        All five are the context's.
        """
        meter: Meter = context["meter"]
        reading: Reading = context["reading"]
        place = (context["words"].language, str(context["zone"]), context["newest"], meter.id)
        key = (*place, reading.id, meter.values_revision)
        if key in self._readings:
            return self._readings[key]
        drawn = self._readings[key] = _draw(context, "_reading.html")
        while len(self._readings) > MOST_READINGS:
            self._readings.popitem(last=False)
        return drawn


def _holds(kept: tuple[MeterRow, datetime, Markup], row: MeterRow, now: datetime) -> bool:
    same = kept[0] is row or kept[0] == row
    return same and timedelta() <= now - kept[1] < OLDEST


def _draw(context: Context, template: str, **more: Any) -> Markup:
    found = context.environment.get_template(template)
    return Markup(found.render(context.get_all(), **more))  # noqa: S704 - escaped in there
