"""The settings, chapter by chapter, and the file of the whole configuration (manual 6.3.6, 6.8.10).

A form is made from its chapter's rows; what is sent is checked here for the words of the page, and
in the core once more before it is stored.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request
from werkzeug.wrappers import Response

from host.settings import checks, configuration
from host.settings.chapter import Chapter, Problem, Row, WrongSettings
from host.settings.chapters import CHAPTERS
from host.settings.readout import LAST_DAY
from host.settings.site import system_zone
from host.store import settings
from host.texts.catalogue import N_
from host.texts.errors import explain_error
from host.texts.locale import Words
from host.web import experts, forms, undoing, wizard
from host.web.asking import ask
from host.web.language import page_words
from host.web.refusal import key_of
from host.web.settings import WebSettings, zone_of
from shared.errors import BadSetting, MbuslinkError

page = Blueprint("settings", __name__)
chapter = Blueprint("chapter", __name__)
"""The form of one chapter, also a step of the wizard."""

FILE = "configuration"
DATES = "dates"
ELSEWHERE = {"network": "/network", "time": "/time"}
"""Chapters whose form is on a page of its own."""
OF_THE_BOARD = (
    (N_("Inputs"), N_("Temperature sensors and S0 inputs, switched on one by one."), "/inputs"),
    (N_("Device"), N_("The display of the logger and its two keys, from afar."), "/device"),
)
"""What the board itself is set by, on pages of its own: title, help, address."""
WIZARD = (N_("Setup"), N_("The most important settings one after the other."), wizard.PREFIX)
"""The way back into the wizard, as one of those."""
_SAVED = {
    **{name: N_("Saved.") for name in CHAPTERS},
    FILE: N_("The configuration was taken over."),
    DATES: N_("Saved."),
}


@page.get("/settings")
def show() -> str:
    """Show all chapters; `?saved=` names the one that was just stored."""
    return _page(saved=request.args.get("saved", ""))


@chapter.get("/settings/<name>")
def show_chapter(name: str) -> Response | str:
    """Show a chapter: alone as a step of the wizard, else where it stands among the others."""
    _with_form(name)
    return _page() if wizard.here() else redirect(f"/settings#{name}", 303)


@chapter.post("/settings/<name>")
def change(name: str) -> Response | str | tuple[str, int]:
    """Store the form of a chapter."""
    model = _with_form(name)
    if again := experts.switched(partial(_page, sent={name: request.form})):
        return again
    sent = forms.meant(_rows(model), request.form)
    try:
        _stored(model).changed(**sent)
    except WrongSettings as error:
        return _page(sent={name: request.form}, problems={name: error.problems}), 422
    return _kept({name: sent}, name)


@page.post("/settings/readout/dates")
def add_date() -> Response | tuple[str, int]:
    """Add a reading date: every month (0) or one, a day (31: the last), an hour of the site."""
    form = request.form
    rule = [form.get(name, type=int) for name in ("month", "day", "hour")]
    if None in rule:
        abort(400)
    dates = [list(one) for one in _stored(CHAPTERS["readout"]).dates]
    if rule in dates:
        return redirect("/settings#dates", 303)
    try:
        _stored(CHAPTERS["readout"]).changed(dates=[*dates, rule])
    except WrongSettings as error:
        return _page(problems={"dates": error.problems}), 422
    return _kept({"readout": {"dates": [*dates, rule]}}, DATES)


@page.post("/settings/readout/dates/remove")
def remove_date() -> Response | tuple[str, int]:
    """Remove the reading date `rule` ("0-31-23"); one that is gone already changes nothing."""
    gone = request.form.get("rule", "")
    dates = [list(one) for one in _stored(CHAPTERS["readout"]).dates]
    kept = [rule for rule in dates if _key(rule) != gone]
    return _kept({"readout": {"dates": kept}}, DATES)


@page.get("/settings/configuration")
def save_file() -> Response:
    """Send the configuration as a file, without meters and secrets."""
    now, site = datetime.now(UTC), _told().site
    text = configuration.write(_all_stored(), now)
    name = configuration.file_name(site.name, now.astimezone(zone_of(site)))
    answer = Response(text, content_type="application/json")
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


@page.post("/settings/configuration")
def load_file() -> Response | tuple[str, int]:
    """Take over a file of a configuration, whole or not at all."""
    file = request.files.get("file")
    try:
        changes = configuration.read(file.read().decode("utf-8") if file else "")
    except UnicodeDecodeError:
        return _page(refused="this is no file of a configuration"), 422
    except BadSetting as error:
        return _page(refused=str(error)), 422
    return _kept(changes, FILE)


def _kept(changes: Mapping[str, Any], saved: str) -> Response | tuple[str, int]:
    """Hand `changes` to the core and show the page with what was `saved`, at its place.

    When the core says something against it, the page keeps what was typed.
    """
    try:
        answer = ask("settings.change", chapters=changes)
    except (MbuslinkError, TimeoutError) as error:
        sent = {saved: request.form} if saved in CHAPTERS else None
        return _page(sent=sent, why=explain_error(key_of(error)), detail=str(error)), 503
    there = undoing.address(f"/settings#{saved}", answer, saved=saved)
    return redirect(wizard.onward(there), 303)


def _page(
    *,
    saved: str = "",
    sent: Mapping[str, Mapping[str, str]] | None = None,
    problems: Mapping[str, Sequence[Problem]] | None = None,
    **more: Any,
) -> str:
    """Return the page. sent: a form as it came, where it was refused; problems: why."""
    words = page_words()
    gettext = words.gettext
    kept = _all_stored()
    step = wizard.here()
    told = {
        name: {problem.name: forms.told(problem, words) for problem in found}
        for name, found in (problems or {}).items()
    }
    facts: dict[str, dict[str, Any]] = {name: vars(chapter) for name, chapter in kept.items()}
    of_form = {name: _rows(chapter) for name, chapter in CHAPTERS.items() if name not in ELSEWHERE}
    filled = {
        name: forms.fields(rows, facts[name], (sent or {}).get(name))
        for name, rows in of_form.items()
    }
    zone_is_free = step is not None and not (sent or kept["site"].zone)
    if zone_is_free:
        filled["site"] = {**filled["site"], "zone": _zone_here()}
    return render_template(
        "settings.html",
        chapters={step.key: CHAPTERS[step.key]} if step else CHAPTERS,
        fields={
            name: experts.fields(rows, facts[name], told.get(name, ()))
            for name, rows in of_form.items()
        },
        elsewhere={} if step else ELSEWHERE,
        others=() if step else (*OF_THE_BOARD, WIZARD),
        forms=filled,
        problems=told,
        dates=[(_key(rule), rule) for rule in kept["readout"].dates],
        months=words.months(),
        rule_text=partial(_rule, words),
        zones=sorted(checks.zones()),
        zone_is_free=zone_is_free,
        saved=saved,
        saved_text=gettext(_SAVED[saved]) if saved in _SAVED else "",
        offer=undoing.offer() if saved in _SAVED else None,
        **more,
    )


def _rows(model: type[Chapter]) -> Sequence[Row]:
    """Return the settings that stand in the form of a chapter."""
    return [row for row in model.rows() if row.kind != "dates"]


def _with_form(name: str) -> type[Chapter]:
    """Return the chapter `name`, where its form is here: in the wizard a step has it, or none."""
    if name not in CHAPTERS or name in ELSEWHERE or (wizard.inside() and not wizard.here()):
        abort(404)
    return CHAPTERS[name]


def _zone_here() -> str:
    """Return the zone of this computer as a suggestion; a new one in UTC has not been told yet."""
    zone = system_zone()
    return "" if zone in ("UTC", "Etc/UTC") else zone


def _stored(model: type[Chapter]) -> Any:
    return _told().reader.read(lambda session: settings.load(session, model))


def _all_stored() -> Mapping[str, Any]:
    return _told().reader.read(settings.load_all)


def _told() -> WebSettings:
    return current_app.extensions["settings"]


def _rule(words: Words, month: int, day: int, hour: int) -> str:
    """Return a reading date in words: "last day of every month, 23:00"."""
    last = day == LAST_DAY
    if not month:
        text = (
            N_("last day of every month, {hour}")
            if last
            else N_("day {day} of every month, {hour}")
        )
    else:
        text = N_("last day of {month}, {hour}") if last else N_("{day} {month}, {hour}")
    name = dict(words.months()).get(month, "")
    return words.gettext(text).format(day=day, month=name, hour=f"{hour:02}:00")


def _key(rule: Sequence[int]) -> str:
    return "-".join(map(str, rule))
