"""The scan page (manual 6.4.1, 6.4.2): meters are searched, looked at, and then added.

Nothing that is found is registered by itself. How a scan goes comes over the live connection; a
browser without it sees it when it loads the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from flask import Blueprint, Flask, current_app, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from host.readout import planned
from host.readout.planned import Planned
from host.settings.meter import SEGMENTS
from host.settings.readout import BAUDS
from host.settings.search import SearchSettings
from host.store import meters as known_meters
from host.store.meters import Meter
from host.texts.catalogue import N_
from host.texts.errors import explain_error
from host.texts.locale import Words
from host.web import experts, forms, found_lines
from host.web.asking import ask
from host.web.core_line import CoreLine
from host.web.found_lines import Line, Lines
from host.web.language import page_words
from host.web.meters_view import MetersView
from host.web.refusal import key_of
from host.web.scan_form import ScanForm
from host.web.wizard import own
from shared.errors import LinkLost, MbuslinkError

page = Blueprint("scan", __name__)

SCAN = "scan"
"""What the page shows, as its live connection calls it."""
PARTS = ("scan", "found")
"""Its changing parts."""
_FEW, _MANY = 20, 250
"""So many meters an estimate is told for."""

_SEARCH = SearchSettings.rows()
_USUAL = {row.name: row.default for row in _SEARCH}

# key (also of what the address says was done), title, class of the column
COLUMNS = (
    ("mark", N_("Add"), "mark"),
    ("standing", N_("Standing"), ""),
    ("medium", N_("Medium"), ""),
    ("manufacturer", N_("Manufacturer"), ""),
    ("serial", N_("Serial number"), ""),
    ("address", N_("Address"), ""),
    ("baud", N_("Baud rate"), ""),
    ("name", N_("Name"), "name"),
)


@page.get("/scan")
def show() -> str:
    """Show the form, the scan under way or the last one, and who was found."""
    return scan_page()


@page.get("/scan/estimate")
def tell_time() -> str:
    """Return about how long the scan of the form takes, for its place on the page."""
    form = ScanForm.of(request.args, request.args.getlist("baud"))
    return estimate(form, page_words())


@page.post("/scan")
def start() -> Response | str | tuple[str, int]:
    """Begin a scan."""
    form = ScanForm.of(request.form, request.form.getlist("baud"))
    if again := experts.switched(partial(scan_page, form)):
        return again
    if form.problems:
        return scan_page(form=form), 422
    core = _core()

    def begin() -> None:
        if core.link == "not_connected":
            raise LinkLost("the board is not connected")
        core.scans.began(ask("scan.start", **form.wanted()))

    return done(begin, own("/scan#scan-progress"), form=form)


@page.post("/scan/stop")
def stop() -> Response | tuple[str, int]:
    """End the scan under way; what it found stays."""
    return done(lambda: ask("scan.stop"), own("/scan#scan-progress"))


@page.post("/scan/add")
def add() -> Response | tuple[str, int]:
    """Add the marked meters, all or none."""
    marked = set(request.form.getlist("meter"))
    chosen = [one for one in lines_now().lines if one.key in marked and one.may_be_added]
    if not chosen:
        return scan_page(nothing_marked=True), 422
    names = request.form

    def wanted(line: Line) -> dict[str, Any]:
        name = names.get(f"name-{line.key}")
        return line.wanted(name if name is None else name.strip())

    return added(lambda: [wanted(line) for line in chosen], "found")


@page.post("/scan/take-over")
def take_over() -> Response | tuple[str, int]:
    """Take over what differs of one meter ("take": its key), or of all that need no look."""
    table, key = lines_now(), request.form.get("take", "")
    changed = [line for line in table.lines if line.standing == "changed"]
    chosen = table.takeable if key == "all" else [line for line in changed if line.key == key]
    if not chosen:
        return redirect(own("/scan#found"), 303)
    wanted = [line.otherwise() for line in chosen]
    return done(
        lambda: ask("meters.take_over", meters=wanted),
        own(f"/scan?taken={len(wanted)}#found"),
    )


def added(wanted: Callable[[], Sequence[Mapping[str, Any]]], place: str, **typed: Any) -> Any:
    """Add meters and lead to `place` on the page, which tells how many; see `done`."""
    told: dict[str, int] = {}

    def work() -> None:
        answer = ask("meters.add_each", meters=list(wanted()))
        told.update(added=len(answer["added"]), known=len(answer["known"]))

    return done(
        work,
        lambda: own(f"/scan?added={told['added']}&known={told['known']}&at={place}#{place}"),
        **typed,
    )


def done(
    work: Callable[[], Any], then: str | Callable[[], str], **typed: Any
) -> Response | tuple[str, int]:
    """Do it and lead on, or show the page with what is said against it and what was typed."""
    try:
        work()
    except (MbuslinkError, TimeoutError) as error:
        why = explain_error(_key(error))
        return scan_page(why=why, detail=str(error), **typed), 503
    return redirect(then if isinstance(then, str) else then(), 303)


def _key(error: Exception) -> str:
    """Return which explanation an error gets on this page."""
    text, key = str(error), key_of(error)
    if key != "busy":
        return key
    if "registered" in text:
        return "address_taken"
    if "level converter" in text:
        return "converter_on"
    return "scan_busy" if "scan" in text else "bus_held"


def scan_page(form: ScanForm | None = None, **more: Any) -> str:
    """Return the page. form: as it was typed, where it was refused."""
    words = page_words()
    form = form or ScanForm()
    return render_template(
        "scan.html",
        view=SCAN,
        back=own("/scan"),
        form=form,
        search=experts.fields(_SEARCH, _USUAL),
        search_fields=forms.fields(_SEARCH, {row.name: getattr(form, row.name) for row in _SEARCH}),
        bauds=BAUDS,
        segments=SEGMENTS if experts.are_shown() else (),
        estimate=estimate(form, words),
        **context(current_app, words),
        **{"done": _done(words), **more},
    )


def context(app: Flask, words: Words) -> dict[str, Any]:
    """Return what the changing parts of the page need."""
    core: CoreLine = app.extensions["core"]
    table, plan = _table(app)
    return {
        "progress": core.scans.progress,
        "table": table,
        "plan": plan,
        "columns": [(key, words.gettext(title), kind) for key, title, kind in COLUMNS],
    }


def estimate(form: ScanForm, words: Words) -> str:
    """Return about how long a scan takes, in words; "" while the form has problems."""
    if form.problems:
        return ""
    few, many = (words.rough(form.seconds(count)) for count in (_FEW, _MANY))
    if form.by == "primary":
        return words.gettext(N_("Duration: about {time}")).format(time=few)
    text = N_("Duration: about {few} with 20 meters, about {many} with 250")
    return words.gettext(text).format(few=few, many=many)


def _done(words: Words) -> dict[str, str]:
    """Return what was just done, by the place on the page that tells it."""
    asked = request.args
    count, known, taken = (asked.get(name, type=int) for name in ("added", "known", "taken"))
    parts: list[str] = []
    if count is not None:
        text = words.ngettext("%(num)s meter was added.", "%(num)s meters were added.", count)
        parts.append(text % {"num": count})
    if known:
        text = words.ngettext(
            "%(num)s was registered already.", "%(num)s were registered already.", known
        )
        parts.append(text % {"num": known})
    if taken:
        text = words.ngettext("%(num)s meter is known now.", "%(num)s meters are known now.", taken)
        parts.append(text % {"num": taken})
    return {asked.get("at", "found"): " ".join(parts)} if parts else {}


def lines_now() -> Lines:
    """Return who was found, beside what is registered and planned now."""
    return _table(current_app)[0]


def _table(app: Flask) -> tuple[Lines, Sequence[Planned]]:
    meters: MetersView = app.extensions["meters"]
    core: CoreLine = app.extensions["core"]

    def work(session: Session) -> tuple[Sequence[Meter], Sequence[Planned]]:
        return known_meters.all(session), planned.load(session)

    known, plan = meters.read(work)
    rows = core.scans.rows
    expected = plan if core.scans.progress is not None else ()
    return found_lines.lines(rows, known, expected), plan


def _core() -> CoreLine:
    return current_app.extensions["core"]
