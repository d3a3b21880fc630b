"""Services of the core: users, consumer units, tokens of the API."""

from host.core.services.fields import METER, MOMENT, MOST_METERS, MOST_USERS, WHO
from host.settings import tokens, units
from host.settings.accounts import LONGEST_NAME, LONGEST_PASSWORD, ROLES
from shared.link.table import choice, flag, group, integer, many, method, nullable, text

_USER = integer(1, 0x7FFFFFFF)
_NAME = text(LONGEST_NAME)
_TOKEN = integer(1, 0x7FFFFFFF)
_UNIT = integer(1, 0x7FFFFFFF)
_UNIT_NAME = text(units.LONGEST_NAME)
_DESCRIPTION = text(units.LONGEST_DESCRIPTION)
_PASSWORD = text(LONGEST_PASSWORD)
_ROLE = choice(*ROLES)
_LANGUAGE = choice("de", "en", "fr")

_USER_FACTS = group(
    ("id", _USER),
    ("name", _NAME),
    ("role", _ROLE),
    ("must_change", flag()),
    ("language", nullable(_LANGUAGE)),
    ("created_ms", MOMENT),
)

ROWS = (
    # Consumer units: meters and users that belong together.
    method(
        "units.add",
        (("name", _UNIT_NAME), ("description", _DESCRIPTION), WHO),
        (("id", _UNIT),),
    ),
    method(
        "units.change",
        (("id", _UNIT), ("name", _UNIT_NAME), ("description", _DESCRIPTION), WHO),
        (),
    ),
    method("units.delete", (("id", _UNIT), WHO), ()),  # its meters and users stay
    method(
        "units.set_meters",  # these and no other
        (("id", _UNIT), ("meters", many(MOST_METERS, METER)), WHO),
        (),
    ),
    method("units.set_users", (("id", _UNIT), ("users", many(MOST_USERS, _USER)), WHO), ()),
    # Users. What they may be is told by host.settings.accounts, whose reasons begin a refusal.
    method("users.list", (), (("users", many(MOST_USERS, _USER_FACTS)),)),
    method(
        "users.add",
        (
            ("name", _NAME),
            ("role", _ROLE),
            ("password", _PASSWORD),
            ("must_change", flag()),  # at the first sign-in
            WHO,
        ),
        (("id", _USER),),
    ),
    method("users.change_role", (("id", _USER), ("role", _ROLE), WHO), ()),
    method(
        "users.set_password",
        (("id", _USER), ("password", _PASSWORD), ("must_change", flag()), WHO),
        (),
    ),
    method(
        "users.set_own_password",
        (("id", _USER), ("current", _PASSWORD), ("password", _PASSWORD), WHO),
        (),
    ),
    method("users.set_language", (("id", _USER), ("language", _LANGUAGE), WHO), ()),
    method("users.set_expert", (("id", _USER), ("expert", flag()), WHO), ()),
    method("users.delete", (("id", _USER), WHO), ()),
    # Somebody has signed in or out, or was refused; address: from where. It is for the audit.
    method(
        "signing.note",
        (("what", choice("in", "out", "refused")), ("name", _NAME), ("address", text(45))),
        (),
    ),
    # Tokens of the API, of the user `user`; the secret is told this once.
    method(
        "tokens.add",
        (
            ("user", _USER),
            ("name", text(tokens.LONGEST_NAME)),
            ("read_only", flag()),
            ("days", nullable(integer(1, tokens.LONGEST_DAYS))),  # null: until it is revoked
            WHO,
        ),
        (("id", _TOKEN), ("secret", text(100))),
    ),
    method("tokens.revoke", (("user", _USER), ("id", _TOKEN), WHO), ()),
    method("tokens.used", (("id", _TOKEN),), ()),  # just now
)
