"""The first-run wizard: the pages that set something, one after the other, in a frame of steps.

It has no form of its own. Each page of a step is served a second time below `/wizard`, where its
forms lead to its routes there (`own`), and what is saved leads to the next step (`onward`). Where
somebody stands is kept by the core, for every browser.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from flask import current_app, request

from host.settings.wizard import ENDED, OPEN, Wizard
from host.store import meters, wizard
from host.store.accounts import User
from host.store.database import StoreFault
from host.texts.catalogue import N_
from host.web import access
from host.web.asking import ask
from host.web.core_line import CoreLine
from host.web.settings import WebSettings
from shared.errors import MbuslinkError

PREFIX = "/wizard"


class Step(NamedTuple):
    """A step. key: of `host.settings.wizard.STEPS`. page: where its page is without prefix."""

    key: str
    page: str
    title: str

    @property
    def path(self) -> str:
        """The address of its page in the wizard."""
        return PREFIX + self.page


STEPS = (
    Step("site", "/settings/site", N_("Language and site")),
    Step("network", "/network", N_("Network")),
    Step("time", "/time", N_("Date and time")),
    Step("readout", "/settings/readout", N_("Readout cycle")),
    Step("meters", "/scan", N_("Meters")),
    Step("summary", "/summary", N_("Summary")),
)
STATES = {"done": N_("Done"), "here": N_("You are here"), "todo": N_("To do")}
_ICONS = {"done": "state-ok", "here": "here", "todo": "todo"}


class Mark(NamedTuple):
    """A step as the list of steps shows it; state: of `STATES`."""

    step: Step
    state: str
    icon: str


class Frame(NamedTuple):
    """What stands around the page of a step.

    before, after: the steps beside it, None where there is none. is_done: this step is. ended: the
    wizard was finished or dismissed, and is looked at again.
    """

    marks: Sequence[Mark]
    here: Step
    number: int
    before: Step | None
    after: Step | None
    is_done: bool
    ended: bool


def here() -> Step | None:
    """Return the step whose page is asked for, None outside the wizard."""
    for step in STEPS:
        if request.path == step.path or request.path.startswith(f"{step.path}/"):
            return step
    return None


def inside() -> bool:
    """Tell whether something in the wizard is asked for."""
    return request.path.startswith(f"{PREFIX}/")


def own(page: str) -> str:
    """Return the address of a page or route: inside the wizard the one that stays there."""
    return PREFIX + page if inside() else page


def frame() -> Frame | None:
    """Return what stands around the page; None outside the wizard and for who may not go on."""
    step = here()
    if step is None or not access.may_change():
        return None
    try:
        kept, done = standing(), steps_done()
    except StoreFault:  # the page of that fault has to be drawn, too
        return None
    at = STEPS.index(step)
    marks = [
        _mark(one, "here" if one is step else "done" if one.key in done else "todo")
        for one in STEPS
    ]
    return Frame(
        marks,
        step,
        at + 1,
        STEPS[at - 1] if at else None,
        STEPS[at + 1] if at + 1 < len(STEPS) else None,
        step.key in done,
        kept.state == ENDED,
    )


def standing() -> Wizard:
    """Return how far the wizard has come. Raises `StoreFault`."""
    return _told().reader.kept("wizard", wizard.load)


def steps_done() -> frozenset[str]:
    """Return the keys of the steps that are done; that of the meters is as soon as there is one."""
    found = _told().reader.kept("has meters", lambda session: bool(meters.all(session)))
    return frozenset({*standing().done, *(["meters"] if found else [])})


def path_at() -> str:
    """Return where the wizard goes on."""
    at = standing().at
    return next((step.path for step in STEPS if step.key == at), STEPS[0].path)


def onward(otherwise: str) -> str:
    """Return where to go after something was saved: in the wizard the next step, for this is done.

    The step is done also when the core cannot keep that just now.
    """
    step = here()
    if step is None:
        return otherwise
    after = STEPS[STEPS.index(step) + 1]
    with suppress(MbuslinkError, TimeoutError):
        ask("wizard.go", to=after.key, done=step.key)
    return after.path


def way_in(user: User) -> str:
    """Return where `user` goes who has just come: into the wizard as long as it is open."""
    if standing().state != OPEN or not user.is_administrator:
        return "/"
    begin(user)
    return PREFIX


def begin(user: User) -> None:
    """Have it kept from now on, so that what `user` sets up first does not end it."""
    if standing() == Wizard():
        core: CoreLine = current_app.extensions["core"]
        with suppress(MbuslinkError, TimeoutError):
            core.request("wizard.go", who=user.name, to=Wizard().at, done=None)


def _mark(step: Step, state: str) -> Mark:
    return Mark(step, state, _ICONS[state])


def _told() -> WebSettings:
    return current_app.extensions["settings"]
