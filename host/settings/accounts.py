"""What names and passwords of users may be (manual 6.3.1-6.3.5): pure rules.

Three characters are the lowest that the manual allows; more are asked for by a setting. A password
is compared in one normal form of Unicode, so it does not matter on which keyboard it was typed.
"""

from __future__ import annotations

import unicodedata
from typing import ClassVar

from host.settings.chapter import Chapter, setting
from host.texts.catalogue import N_
from shared.errors import BadSetting

ADMINISTRATOR = "administrator"
STANDARD = "standard"
ROLES = (ADMINISTRATOR, STANDARD)

FIRST_NAME = "Admin"
FIRST_PASSWORD = "123"  # noqa: S105 - the manual's; it only leads to choosing a new one

COMMAND_LINE = "command line"
"""Who changed something, when it was nobody who signed in; no user may be called so."""

SHORTEST = 3
LONGEST_NAME = 60
LONGEST_PASSWORD = 200

REASONS = {
    "name_short": "a user's name has 3 characters or more",
    "name_long": f"a user's name has at most {LONGEST_NAME} characters",
    "name_signs": "a user's name has visible characters only, and no blank at its ends",
    "name_taken": "there is a user of this name already",
    "password_short": "a password has 3 characters or more",
    "password_weak": "the password is shorter than the setting asks for",
    "password_long": f"a password has at most {LONGEST_PASSWORD} characters",
    "password_same": "the new password is the one before; choose another",
    "password_wrong": "the current password is another one",
    "role_unknown": "a role is administrator or standard",
    "last_administrator": "this is the last administrator, and one must remain",
    "user_unknown": "there is no such user",
}
"""Why a change of users is refused; the keys are those of `host.texts.words.USER_REFUSALS`."""


class Refused(BadSetting):
    """A change of users that cannot be. reason: a key of `REASONS`, kept in the text."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}: {REASONS[reason]}")


def reason_of(error: Exception) -> str | None:
    """Return the key of `REASONS` that `error` has, also one that came from the core's socket."""
    reason = str(error).partition(":")[0]
    return reason if reason in REASONS else None


class AccountSettings(Chapter):
    """password_min: so many characters are asked of a new password."""

    TITLE: ClassVar[str] = N_("Users")
    HELP: ClassVar[str] = N_("What is asked of the passwords of users.")
    MANUAL: ClassVar[str] = "6.3.1"

    password_min: int = setting(
        8,
        N_("Shortest password"),
        N_("New passwords have so many characters or more; those in use stay as they are."),
        kind="number",
        unit=N_("characters"),
        low=SHORTEST,
        high=64,
    )


NOBODY = "nobody signed in"
"""Who the audit says it was when a sign-in was refused."""


def name_key(name: str) -> str:
    """Return what two names have in common that differ in case or in their form of Unicode only."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def check_name(name: str) -> None:
    """Raise `Refused` unless a user may be called `name`."""
    if len(name) < SHORTEST:
        raise Refused("name_short")
    if len(name) > LONGEST_NAME:
        raise Refused("name_long")
    if not name.isprintable() or name != name.strip():
        raise Refused("name_signs")
    if name_key(name) in (name_key(COMMAND_LINE), name_key(NOBODY)):
        raise Refused("name_taken")


def check_password(password: str, settings: AccountSettings) -> None:
    """Raise `Refused` unless `password` may be chosen."""
    if len(password) < SHORTEST:
        raise Refused("password_short")
    if len(password) < settings.password_min:
        raise Refused("password_weak")
    if len(password) > LONGEST_PASSWORD:
        raise Refused("password_long")


def check_role(role: str) -> None:
    """Raise `Refused` unless there is the role `role`."""
    if role not in ROLES:
        raise Refused("role_unknown")
