"""What the models of the API have in common: how moments and numbers are written, what is refused.

A moment is RFC 3339 in UTC with milliseconds; a measured number is an exact decimal in a text, for
a JSON number would lose digits in many programs. What is asked may have no field that is not known;
what is told may get new ones.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from copy import copy
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    create_model,
)
from pydantic_core import PydanticCustomError, PydanticUndefined

from host.settings.chapter import Chapter, Row

Json = dict[str, Any]

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


def told_settings(
    model: type[Chapter], name: str, only: Collection[str] | None = None
) -> type[Told]:
    """Return the model `name` that tells the settings of a chapter, without its secrets.

    only: the names of those it has; None: all.
    """
    rows = [row for row in _rows(model, only) if not row.secret]
    return create_model(
        name, __base__=Told, __doc__=model.HELP, **_fields(model, rows, PydanticUndefined)
    )


def asked_settings(
    model: type[Chapter], name: str, only: Collection[str] | None = None
) -> type[Sent]:
    """Return the model `name` of a change of settings: each may be left out and then stays."""
    return create_model(
        name,
        __base__=Sent,
        __doc__="What is to be another; all else stays.",
        **_fields(model, _rows(model, only), None),
    )


def _rows(model: type[Chapter], only: Collection[str] | None) -> list[Row]:
    return [row for row in model.rows() if only is None or row.name in only]


def _fields(model: type[Chapter], rows: Iterable[Row], default: Any) -> Any:
    """Return settings of a chapter as pydantic makes fields of them."""
    found: Json = {}
    for row in rows:
        field = copy(model.model_fields[row.name])
        field.default = default
        field.description = f"{row.help} ({row.unit})" if row.unit else row.help
        field.json_schema_extra = without_default
        found[row.name] = (field.annotation, field)
    return found


def without_default(schema: Json) -> None:
    """Take the default out of a schema: what is left out stays as it is."""
    schema.pop("default", None)
