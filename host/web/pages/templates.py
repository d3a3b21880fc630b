"""Driver templates (manual 6.7): settings kept for meters of a kind, and what they would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
)
from werkzeug.wrappers import Response as BaseResponse

from host.readout import templates as at_work
from host.readout.telegrams import RecordLine
from host.readout.templates import MeterChange
from host.settings import template as files
from host.settings.chapter import WrongSettings
from host.settings.meter import MeterSettings
from host.settings.template import METER_SETTINGS, Template
from host.settings.value import PLAIN
from host.store import bi, templates
from host.store.templates import Kept
from host.texts.catalogue import N_
from host.texts.locale import Words
from host.web import experts, forms, value_forms
from host.web.asking import ask
from host.web.chart_text import value_name
from host.web.core_line import CoreLine
from host.web.display import shown_value, visible
from host.web.language import page_words
from host.web.meters_view import MetersView
from host.web.pages.asked_number import asked_number
from host.web.refusal import refused
from host.web.settings import WebSettings
from shared.errors import BadSetting, Busy, MbuslinkError

page = Blueprint("templates", __name__)

VIEW = "templates"

_ROWS = [row for row in MeterSettings.rows() if row.name in METER_SETTINGS]
_SHOWN = 20
"""So many meters of a preview are shown value by value."""

_DONE = {
    "saved": N_("Saved."),
    "added": N_("The template was saved. Below stands what it would change at other meters."),
    "there": N_("There is a template for meters of this kind already: this one."),
    "imported": N_("The templates of the file were taken over. No meter was changed yet."),
    "restored": N_("The template is back."),
}
_TAKEN = N_(
    "There is a template for the same meters already, so nothing was taken over. Mark “in place of"
    " those that are here” to replace it."
)
_NO_FILE = N_("This file cannot be taken over; nothing was changed.")
_UNREAD = N_("Read the meter once, so that its kind is known; then it can be saved as a template.")
_NO_NAME = N_("The name needs 1 to 100 characters.")


@dataclass(frozen=True, slots=True)
class Sent:
    """A template as its form means it. problems: of its name and of the meter's settings."""

    template: Template
    fields: Mapping[str, str]
    problems: Mapping[str, str]
    values: value_forms.Sent

    @property
    def is_whole(self) -> bool:
        return not self.problems and not self.values.problems


@page.get("/templates")
def show() -> Response:
    """Show all templates, and how they come and go."""
    return _list()


@page.post("/templates/redecode")
def redecode() -> BaseResponse:
    """Put all kept telegrams through today's decoder, or stop doing so."""
    try:
        ask("redecode.stop" if request.form.get("do") == "stop" else "redecode.start")
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    return redirect("/templates#redecoding", 303)


@page.get("/templates.json")
def file_of_all() -> Response:
    """Return the file of all templates."""
    return _file([kept.template for kept in _meters().read(templates.all)], "driver-templates")


@page.get("/templates/<int:template_id>.json")
def file(template_id: int) -> Response:
    """Return the file of one template."""
    template = _kept(template_id).template
    kind = template.kind
    return _file([template], f"driver-template-{kind.version}-{kind.records}-{template_id}")


@page.post("/templates/import")
def take_in() -> BaseResponse:
    """Take over the templates of a file, all or none."""
    sent = request.files.get("file")
    try:
        found = files.read(sent.read() if sent else b"")
    except BadSetting as error:
        return _list(why=_NO_FILE, detail=str(error))
    entries = [template.entry() for template in found]
    try:
        ask("templates.import", templates=entries, replace="replace" in request.form)
    except Busy as error:
        return _list(why=_TAKEN, detail=str(error))
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    return redirect("/templates?done=imported", 303)


@page.post("/templates/restore")
def restore() -> BaseResponse:
    """Have a deleted template back."""
    template_id = request.form.get("id", type=int) or abort(400)
    try:
        ask("templates.restore", id=template_id)
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    return redirect("/templates?done=restored", 303)


@page.post("/meters/<int:meter_id>/template")
def save(meter_id: int) -> BaseResponse:
    """Keep what is stored of a meter as a template, called after it."""
    row = _meters().row(meter_id) or abort(404)
    parts = (row.meter.manufacturer, row.name)
    name = " ".join(part for part in parts if part)[: files.LONGEST_NAME]
    try:
        made = ask("templates.save", address=row.meter.address, name=visible(name).strip())
    except Busy:
        known = _meters().read(lambda session: _alike(session, row.meter)) or abort(404)
        return redirect(f"/templates/{known}?done=there", 303)
    except BadSetting as error:
        return _list(why=_UNREAD, detail=str(error))
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    return redirect(f"/templates/{made['id']}?done=added", 303)


@page.get("/templates/<int:template_id>")
def one(template_id: int) -> Response:
    """Show a template and what it would change."""
    return _one(_kept(template_id))


@page.post("/templates/<int:template_id>/preview")
def preview(template_id: int) -> str:
    """Show what the template would change as it stands in the form."""
    kept = _kept(template_id)
    sent = _sent(kept)
    lines = _lines(kept.template, sent)
    return render_template(
        "_template_changes.html",
        oob=True,
        lines=lines,
        **_changes(sent.template, whole=sent.is_whole),
    )


@page.post("/templates/<int:template_id>")
def change(template_id: int) -> BaseResponse:
    """Store a template and, if that is wanted, give it to its meters."""
    kept = _kept(template_id)
    sent = _sent(kept)
    if again := experts.switched(partial(_page, kept, sent)):
        return make_response(again)
    if not sent.is_whole:
        return _one(kept, sent)
    try:
        if sent.template != kept.template:
            ask("templates.change", id=template_id, template=sent.template.entry())
        if request.form.get("do") == "apply":
            changed = ask("templates.apply", id=template_id)["changed"]
            return redirect(f"/templates/{template_id}?applied={changed}", 303)
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    return redirect(f"/templates/{template_id}?done=saved", 303)


@page.post("/templates/<int:template_id>/delete")
def delete(template_id: int) -> BaseResponse:
    """Delete a template; the list then offers to have it back."""
    _kept(template_id)
    try:
        ask("templates.delete", id=template_id)
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    return redirect(f"/templates?deleted={template_id}", 303)


def redecoding(app: Flask) -> dict[str, Any]:
    """Return what the piece of the page about the decoder needs."""
    core: CoreLine = app.extensions["core"]
    settings: WebSettings = app.extensions["settings"]
    with suppress(MbuslinkError, TimeoutError):
        job = core.request("redecode.state")
        return {"redecoding": job, "has_bi": settings.reader.read(bi.mark) is not None}
    return {"redecoding": None}


def _alike(session: Any, meter: Any) -> int | None:
    kept = templates.of_kind(session, at_work.of_meter(session, meter, "-").kind)
    return kept and kept.id


def _file(chosen: Sequence[Template], name: str) -> Response:
    answer = Response(files.write(chosen), content_type="application/json; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return answer


def _kept(template_id: int) -> Kept:
    return _meters().read(lambda session: templates.get(session, template_id)) or abort(404)


def _meters() -> MetersView:
    return current_app.extensions["meters"]


def _sent(kept: Kept) -> Sent:
    """Return what the form means; where it cannot, that stays as it is stored."""
    words, form, stored = page_words(), request.form, kept.template
    fields = {"name": form.get("name", ""), **forms.fields(_ROWS, stored.meter, form)}
    problems: dict[str, str] = {}
    name, meter = stored.name, stored.meter
    try:
        name = files.check_name(fields["name"])
    except BadSetting:
        problems["name"] = words.gettext(_NO_NAME)
    try:
        wanted = MeterSettings().changed(**{**stored.meter, **forms.meant(_ROWS, form)})
        meter = {row.name: getattr(wanted, row.name) for row in _ROWS}
    except WrongSettings as error:
        problems |= {one.name: forms.told(one, words) for one in error.problems}
    values = value_forms.read(form, words)
    told = {key: values.settings.get(key, one) for key, one in stored.values.items()}
    return Sent(Template(name, stored.kind, meter, told), fields, problems, values)


def _list(*, why: str = "", detail: str = "") -> Response:
    gettext = page_words().gettext

    def work(session: Any) -> list[tuple[Kept, Sequence[MeterChange]]]:
        return [(kept, at_work.preview(session, kept.template)) for kept in templates.all(session)]

    text = render_template(
        "templates.html",
        templates=_meters().read(work),
        deleted=asked_number("deleted"),
        detail=detail,
        why=why and gettext(why),
        done=_done(),
        view=VIEW,
        **redecoding(current_app),
    )
    return make_response(text, 422 if why else 200)


def _one(kept: Kept, sent: Sent | None = None) -> Response:
    return make_response(_page(kept, sent), 422 if sent else 200)


def _page(kept: Kept, sent: Sent | None = None, **more: Any) -> str:
    """Return the page of a template. sent: its form as it came."""
    words, template = page_words(), kept.template
    return render_template(
        "template.html",
        kept=kept,
        kind=template.kind,
        form=experts.fields(_ROWS, template.meter, sent.problems if sent else ()),
        fields=sent.fields
        if sent
        else {"name": template.name, **forms.fields(_ROWS, template.meter)},
        problems=sent.problems if sent else {},
        lines=_lines(template, sent),
        value_rows=value_forms.ROWS,
        designations=value_forms.designations(words),
        units=value_forms.UNITS,
        applied=asked_number("applied"),
        done=_done(),
        **_changes(sent.template if sent else template, whole=sent is None or sent.is_whole),
        **more,
    )


def _done() -> str:
    done = _DONE.get(request.args.get("done", ""), "")
    return done and page_words().gettext(done)


def _lines(template: Template, sent: Sent | None) -> list[value_forms.Line]:
    records = _meters().read(lambda session: at_work.sample(session, template))
    values = sent.values if sent else None
    return list(value_forms.lines(records, template.own, page_words(), values))


def _changes(template: Template, *, whole: bool) -> dict[str, Any]:
    """Return what the template would change, for its piece of the page."""
    found = _meters().read(lambda session: at_work.preview(session, template))
    others = [change for change in found if change]
    words = page_words()
    return {
        "whole": whole,
        "alike": len(found),
        "others": len(others),
        "more": max(0, len(others) - _SHOWN),
        "changes": [(change.meter, _facts(change, words)) for change in others[:_SHOWN]],
    }


def _facts(change: MeterChange, words: Words) -> list[tuple[str, str, str]]:
    """Return (what, before, after) of a meter in words."""
    rows = {row.name: row for row in _ROWS}
    facts = [
        (
            words.gettext(rows[name].label),
            _setting(rows[name], before, words),
            _setting(rows[name], after, words),
        )
        for name, before, after in change.settings
    ]
    for value in change.values:
        name = value_name({**value.before, "own": PLAIN}, words)
        facts.append((name, _told(value.before, words), _told(value.after, words)))
    if change.gone:
        text = words.gettext(N_("Settings of values that it has no longer"))
        facts.append((text, str(change.gone), ""))
    return facts


def _setting(row: Any, value: Any, words: Words) -> str:
    if isinstance(value, bool):
        return words.gettext(N_("on") if value else N_("off"))
    text = dict(row.choices).get(value)
    return words.gettext(text) if text else "–" if value is None else str(value)


def _told(line: RecordLine, words: Words) -> str:
    shown = shown_value(line, words)
    return f"{value_name(line, words)}: {shown.text or '–'} {shown.unit}".rstrip()
