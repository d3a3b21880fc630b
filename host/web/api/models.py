"""What the models of the API have in common: how moments and numbers are written, what is refused.

A moment is RFC 3339 in UTC with milliseconds; a measured number is an exact decimal in a text, for
a JSON number would lose digits in many programs. What is asked may have no field that is not known;
what is told may get new ones.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DIGITS = re.compile(r"\d{1,19}", re.ASCII)
_FIRST, _END = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
JSON = "application/json"
LARGEST = 0x7FFFFFFF
"""Of the numbers that the database gives to meters, users and units."""


class Told(BaseModel):
    """Something that the API tells."""

    model_config = ConfigDict(frozen=True)


class Asked(BaseModel):
    """Something that the API is asked for; names of fields may be words of Python (`from_`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Sent(Asked):
    """The body of a request: JSON whose types are held to."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def written(moment: datetime) -> str:
    """Return a moment as the API writes it: 2026-01-31T12:00:00.000Z."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def _read(text: Any) -> datetime:
    if isinstance(text, datetime):
        return text
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        raise _no_moment()
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _no_moment() from None
    if not _FIRST <= moment < _END:
        raise _no_moment()
    return moment


def _no_moment() -> PydanticCustomError:
    return PydanticCustomError(
        "moment", "write a moment of 1970 to 2199 with its zone, such as 2026-01-31T12:00:00Z"
    )


Moment = Annotated[
    datetime,
    PlainValidator(_read),
    PlainSerializer(written),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "examples": ["2026-01-31T12:00:00.000Z"]}
    ),
]


def _digits(text: Any) -> Any:
    """Let a whole number of a query through: digits and nothing else."""
    if isinstance(text, str) and not _DIGITS.fullmatch(text):
        raise PydanticCustomError("whole_number", "write a whole number in digits")
    return text


Whole = Annotated[int, BeforeValidator(_digits)]
"""A whole number in a query."""
