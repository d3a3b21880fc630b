"""One's own password changed: by the page and by the API, with guesses slowed as at the sign-in."""

from __future__ import annotations

import time

from flask import current_app, request

from host.settings.accounts import check_password, reason_of
from host.web import access
from host.web.asking import ask
from host.web.attempts import Attempts
from host.web.people import People
from host.web.sessions import Sessions
from shared.errors import MbuslinkError


class Wait(Exception):
    """Too many tries: the next has to wait `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


def change(current: str, new: str) -> None:
    """Give who asks another password; every session and token with the old one ends.

    Raises `Refused`, `Wait`, and what the core raises.
    """
    user, where = access.signed_in(), request.remote_addr or ""
    people: People = current_app.extensions["people"]
    attempts: Attempts = current_app.extensions["attempts"]
    check_password(new, people.settings())
    if wait_s := attempts.begin(where, user.name, time.monotonic()):
        raise Wait(wait_s)
    try:
        ask("users.set_own_password", id=user.id, current=current, password=new)
    except (MbuslinkError, TimeoutError) as error:
        if reason_of(error) != "password_wrong":
            attempts.succeeded(where, user.name)  # it was no guess
        raise
    attempts.succeeded(where, user.name)
    sessions: Sessions = current_app.extensions["sessions"]
    sessions.end_of(user.id)
