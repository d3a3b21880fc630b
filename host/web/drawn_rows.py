"""Rows of the overview as HTML, drawn once for all who see them in the same language."""

from datetime import datetime, timedelta

from jinja2.runtime import Context
from jinja2.utils import pass_context
from markupsafe import Markup

from host.web.meters_view import MeterRow

OLDEST = timedelta(seconds=10)
"""So old may the age be that a row tells; the page's script counts on from there."""


class DrawnRows:
    """Keeps rows drawn by `_meter_row.html` until the meter or its reading is another."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, int], tuple[MeterRow, datetime, Markup]] = {}

    @pass_context
    def draw(self, context: Context, row: MeterRow) -> Markup:
        """Return `row` as the page of `context` shows it: its `words`, `zone` and `now`."""
        now: datetime = context["now"]
        place = (context["words"].language, str(context["zone"]), row.meter.id)
        kept = self._kept.get(place)
        if kept and kept[0] == row and timedelta() <= now - kept[1] < OLDEST:
            return kept[2]
        template = context.environment.get_template("_meter_row.html")
        drawn = Markup(template.render(context.get_all(), row=row))  # noqa: S704 - escaped in there
        self._kept[place] = row, now, drawn
        return drawn
