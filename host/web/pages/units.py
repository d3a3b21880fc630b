"""Consumer units for administrators: which meters and users belong together (manual 6.5)."""

from flask import Blueprint, abort, current_app, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from host.settings import units as rules
from host.store import accounts, units
from host.store.units import Unit
from host.texts.catalogue import N_
from host.web.asking import ask
from host.web.language import page_words
from host.web.meters_view import MetersView
from host.web.refusal import refused
from shared.errors import BadSetting, Busy, MbuslinkError

page = Blueprint("units", __name__)

_DONE = {
    "added": N_("The consumer unit was added. Now choose its meters."),
    "changed": N_("Saved."),
    "deleted": N_("The consumer unit was deleted; its meters and users stay."),
}
_TAKEN = N_("There is a consumer unit of this name already.")
_NO_NAME = N_("The name needs 1 to 100 characters.")


@page.get("/units")
def show() -> Response:
    """Show all units, and the form for one more."""
    return _list()


@page.post("/units")
def add() -> Response:
    """Add a unit, and go on to what is in it."""
    name, description = _named()
    try:
        rules.check_name(name)
        made = ask("units.add", name=name, description=description)
    except Busy:
        return _list(why=_TAKEN, name=name, description=description)
    except BadSetting:
        return _list(why=_NO_NAME, name=name, description=description)
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    return redirect(f"/units/{made['id']}?done=added", 303)


@page.get("/units/<int:unit_id>")
def one(unit_id: int) -> Response:
    """Show a unit with its meters and users."""
    return _one(_unit(unit_id))


@page.post("/units/<int:unit_id>")
def change(unit_id: int) -> Response:
    """Call a unit and describe it otherwise."""
    unit = _unit(unit_id)
    name, description = _named()
    try:
        rules.check_name(name)
        ask("units.change", id=unit_id, name=name, description=description)
    except Busy:
        return _one(unit, why=_TAKEN, name=name, description=description)
    except BadSetting:
        return _one(unit, why=_NO_NAME, name=name, description=description)
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    return redirect(f"/units/{unit_id}?done=changed", 303)


@page.post("/units/<int:unit_id>/members")
def set_members(unit_id: int) -> Response:
    """Have the meters and users that are marked in the unit, and no other."""
    unit = _unit(unit_id)
    form = request.form
    chosen = {name: frozenset(form.getlist(name, type=int)) for name in ("meter", "user")}
    try:
        if chosen["meter"] != unit.meters:
            ask("units.set_meters", id=unit_id, meters=sorted(chosen["meter"]))
        if chosen["user"] != unit.users:
            ask("units.set_users", id=unit_id, users=sorted(chosen["user"]))
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    return redirect(f"/units/{unit_id}?done=changed", 303)


@page.post("/units/<int:unit_id>/delete")
def delete(unit_id: int) -> Response:
    """Delete a unit; the page has asked whether that is meant."""
    _unit(unit_id)
    try:
        ask("units.delete", id=unit_id)
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    return redirect("/units?done=deleted", 303)


def _named() -> tuple[str, str]:
    form = request.form
    return form.get("name", "").strip(), form.get("description", "").strip()


def _unit(unit_id: int) -> Unit:
    return _meters().read(lambda session: units.get(session, unit_id)) or abort(404)


def _meters() -> MetersView:
    return current_app.extensions["meters"]


def _list(*, why: str = "", name: str = "", description: str = "") -> Response:
    known = _meters().read(units.all)
    text = render_template(
        "units.html", units=known, name=name, description=description, **_told(why)
    )
    return make_response(text, 422 if why else 200)


def _one(
    unit: Unit, *, why: str = "", name: str | None = None, description: str | None = None
) -> Response:
    text = render_template(
        "unit.html",
        unit=unit,
        name=unit.name if name is None else name,
        description=unit.description if description is None else description,
        rows=_meters().rows(),
        users=_meters().read(accounts.all),
        **_told(why),
    )
    return make_response(text, 422 if why else 200)


def _told(why: str) -> dict[str, str]:
    gettext = page_words().gettext
    done = _DONE.get(request.args.get("done", ""), "")
    return {"why": why and gettext(why), "done": done and gettext(done)}
