"""The download of readings: one meter's file, or DataExport.zip with one for each (manual 6.10.1).

A file is made while it is sent: the first byte goes at once, nothing is kept, and the work ends
when the browser leaves.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, render_template, request
from structlog import get_logger
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from host.export.export import ZIP_NAME, Export
from host.export.form import DECIMAL_MARKS, Format, Period
from host.export.media import GROUPS, group_of
from host.export.source import Source
from host.store.meters import Meter
from host.store.units import Unit
from host.texts.catalogue import N_
from host.texts.locale import Words
from host.web import access
from host.web.exports import ExportJob
from host.web.language import LANGUAGE_NAMES, page_words
from host.web.meters_view import MetersView
from host.web.people import People
from host.web.settings import WebSettings
from host.web.sight import sees, sees_all
from shared.errors import BadSetting

page = Blueprint("export", __name__)

EXPORT = "export"
"""What the page shows, as its live connection calls it."""
DOWNLOADS = ("/export/data", "/export/background/", "/api/v1/exports/")
"""How the addresses begin whose answers may be long."""
GONE = "mbuslink.gone"
"""Key of the scope: an event that is set when nobody takes the download any more."""

_AT_ONCE = 3
"""So many downloads; each keeps one of the threads that pages are made in."""

_log = get_logger("web")
_free = threading.BoundedSemaphore(_AT_ONCE)

KINDS = {
    "standard": N_("CSV Standard: a row a readout"),
    "full-db": N_("CSV FULL-DB: a row a value"),
    "xlsx": N_("Excel (XLSX)"),
    "json": N_("JSON"),
}
SEPARATORS = {
    "semicolon": (";", N_("Semicolon")),
    "comma": (",", N_("Comma")),
    "tab": ("\t", N_("Tab")),
}
MARKS = {"point": (".", N_("Point: 1.5")), "comma": (",", N_("Comma: 1,5"))}
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


@page.app_template_global("export_contents")
def contents(job: ExportJob, words: Words, zone: ZoneInfo) -> list[str]:
    """Return what is in an export: its format, its meters, its period."""
    gettext = words.gettext
    if job.kind not in KINDS:
        return []
    told = [gettext(KINDS[job.kind]).partition(":")[0].strip()]
    if job.meters is None:
        told += [gettext(N_("all meters"))] * (job.medium is None)
    else:
        count = words.ngettext("%(num)s meter", "%(num)s meters", job.meters)
        told.append(count % {"num": job.meters})
    told += [gettext(GROUPS[job.medium][1])] if job.medium in GROUPS else []
    first = job.since and words.day(job.since.astimezone(zone).date())
    last = job.until and words.day((job.until - timedelta(seconds=1)).astimezone(zone).date())
    if first and last:
        told.append(first if first == last else f"{first} \N{EN DASH} {last}")
    elif first:
        told.append(gettext(N_("from {day}")).format(day=first))
    elif last:
        told.append(gettext(N_("until {day}")).format(day=last))
    return told


@page.get("/export")
def show() -> str:
    """Show what can be chosen; `?meter=` comes from that meter's page."""
    meters: MetersView = current_app.extensions["meters"]
    gettext = page_words().gettext
    rows = meters.rows()
    found = {group_of(row.meter.medium) for row in rows}
    return render_template(
        "export.html",
        sees_all=sees_all(),
        view=EXPORT,
        rows=rows,
        units=_units(),
        chosen=set(request.args.getlist("meter", type=int)),
        kinds={key: gettext(text) for key, text in KINDS.items()},
        media={key: gettext(text) for key, (_, text, _) in GROUPS.items() if key in found},
        separators={key: gettext(text) for key, (_, text) in SEPARATORS.items()},
        marks={key: gettext(text) for key, (_, text) in MARKS.items()},
        languages={"en": gettext(N_("English, as in the manual"))}
        | {code: name for code, name in LANGUAGE_NAMES.items() if code != "en"},
    )


@page.get("/export/data")
def download() -> Response:
    """Send the file of one chosen meter, or DataExport.zip of several or all.

    `meter` (any number of times; none: all), `unit`, `medium`, `since` and `until` (days of the
    site, both included), `dates`, `kind`, `language`, `separator`, `mark`, `bom`. Aborts with 400
    for what there is not, with 503 while too many are under way.
    """
    settings: WebSettings = current_app.extensions["settings"]
    form, period = format_asked(), period_asked(settings.zone)
    store = source(settings, period)
    chosen = meters_asked(store.meters())
    work = Export(store, chosen, form, datetime.now(UTC))
    if len(chosen) == 1 and are_named():
        file = work.file(chosen[0])
        return _sent(file.name, file.data)
    return _sent(ZIP_NAME, work.archive())


def source(settings: WebSettings, period: Period) -> Source:
    """Return the readings of a period. Raises `StoreFault` while there is no database."""
    return Source(settings.reader.existing(), period)


class _Place:
    """One of the few downloads at once, until it is released; the second time does nothing."""

    def __init__(self) -> None:
        self._held = _free.acquire(blocking=False)
        if not self._held:
            abort(503)

    def release(self) -> None:
        if self._held:
            self._held = False
            _free.release()


def _sent(name: str, data: Iterable[bytes]) -> Response:
    """Return the answer that is made while it is sent."""
    answer = Response(data, content_type=_TYPES[name.rpartition(".")[2]])
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return while_somebody_takes_it(answer)


def while_somebody_takes_it(answer: Response) -> Response:
    """Return `answer` so that it ends when the browser leaves. Aborts with 503 for too many."""
    place = _Place()
    gone: threading.Event = request.environ.get("asgi.scope", {}).get(GONE) or threading.Event()
    data: Any = answer.response
    answer.response = _until(gone, data, place)
    answer.call_on_close(place.release)  # also when nobody took a byte
    if hasattr(data, "close"):
        answer.call_on_close(data.close)
    return answer


def _until(gone: threading.Event, data: Iterable[bytes], place: _Place) -> Iterator[bytes]:
    try:
        for piece in data:
            yield piece
            if gone.is_set():
                return
    except Exception:  # too late for a page: the connection breaks, and with it the download
        _log.exception("download failed")
        raise
    finally:
        place.release()


def _asked() -> MultiDict[str, str]:
    return request.form if request.method == "POST" else request.args


def are_named() -> bool:
    """Tell whether the browser names meters; otherwise all are meant."""
    return any(_asked().getlist("meter")) or bool(_asked().get("unit"))


def meters_asked(known: Iterable[Meter]) -> list[Meter]:
    """Return the meters asked for by number, unit and medium, among those that may be seen.

    Aborts with 404 for one there is not.
    """
    numbers = [number for number in _asked().getlist("meter") if number]
    by_number = {str(meter.id): meter for meter in known if sees(meter.id)}
    if any(number not in by_number for number in numbers):
        abort(404)
    medium, unit = _asked().get("medium", ""), _asked().get("unit", "")
    if medium and medium not in GROUPS:
        abort(400)
    chosen = [by_number[number] for number in dict.fromkeys(numbers)] or list(by_number.values())
    if unit:
        there = {str(one.id): one.meters for one in _units()}
        if unit not in there:
            abort(404)
        chosen = [meter for meter in chosen if meter.id in there[unit]]
    return [meter for meter in chosen if not medium or group_of(meter.medium) == medium]


def _units() -> Sequence[Unit]:
    people: People = current_app.extensions["people"]
    return people.units(access.signed_in())


def format_asked() -> Format:
    """Return how the file is to be written, as the browser says. Aborts with 400."""
    fields = _asked()
    separator = SEPARATORS.get(fields.get("separator", "semicolon"))
    mark = MARKS.get(fields.get("mark", "point"))
    if separator is None or mark is None or mark[0] not in DECIMAL_MARKS:
        abort(400)
    try:
        return Format(
            kind=fields.get("kind") or "standard",
            separator=separator[0],
            mark=mark[0],
            language=fields.get("language") or "en",
            bom="bom" in fields,
        )
    except BadSetting:
        abort(400)


def period_asked(zone: ZoneInfo) -> Period:
    """Return the period asked for, from the begin of its first to the end of its last day."""
    since, until = _day("since"), _day("until")
    return Period(
        since=_midnight(since, zone) if since else None,
        until=_midnight(until + timedelta(days=1), zone) if until else None,
        dated="dates" in _asked(),
    )


def _day(name: str) -> date | None:
    text = _asked().get(name, "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        abort(400)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
