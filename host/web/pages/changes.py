"""Who changed what, for administrators: newest first, of everybody or of one; and the way back."""

from functools import partial

from flask import Blueprint, current_app, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from host.settings.undo import reason_of
from host.texts import words as names
from host.web import undoing
from host.web.asking import ask
from host.web.change_text import author, said, subject
from host.web.language import page_words
from host.web.pages.asked_number import asked_number
from host.web.people import People
from host.web.refusal import refused
from shared.errors import MbuslinkError

page = Blueprint("changes", __name__)

AT_ONCE = 50


@page.get("/audit")
def show() -> str:
    """Show fifty changes: the newest, or those before `?before=`; `?who=` of one user alone."""
    people: People = current_app.extensions["people"]
    who, below = request.args.get("who") or None, asked_number("before")
    found = list(people.changes(AT_ONCE + 1, who=who, below=below))
    words, shown = page_words(), found[:AT_ONCE]
    return render_template(
        "audit.html",
        rows=[(one, subject(one, words), said(one, words)) for one in shown],
        can_be_undone=undoing.possible(shown),
        offer=undoing.offer(),
        older=found[AT_ONCE - 1].id if len(found) > AT_ONCE else None,
        who=who,
        below=below,
        authors={name: author(name, words) for name in people.authors()},
        change_names=names.CHANGES,
        author=partial(author, words=words),
    )


@page.post("/audit/undo")
def undo() -> Response:
    """Put back the changes that the form names, all or none, and lead back to its page."""
    numbers = undoing.numbers(request.form)
    try:
        answer = ask("changes.undo", changes=numbers)
    except (MbuslinkError, TimeoutError) as error:
        reason = reason_of(error)
        if reason is None:
            return refused(error)
        why = names.UNDO_REFUSALS[reason]
        return make_response(render_template("not_undone.html", why=why), 409)
    return redirect(undoing.back(request.form.get("page", "/audit"), answer), 303)
