"""What name and description of a consumer unit may be (manual 6.5.1): pure rules."""

from __future__ import annotations

from shared.errors import BadSetting

LONGEST_NAME = 100
LONGEST_DESCRIPTION = 500


def check_name(name: str) -> str:
    """Return `name` without blanks around it. Raises `BadSetting` unless it is one short line."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadSetting(f"name of a consumer unit: 1 to {LONGEST_NAME} characters, one line")
    return name


def check_description(text: str) -> str:
    """Return `text` without blanks around it. Raises `BadSetting` unless it is one short line."""
    text = text.strip()
    if len(text) > LONGEST_DESCRIPTION or not text.isprintable():
        raise BadSetting(f"description: at most {LONGEST_DESCRIPTION} characters, one line")
    return text
