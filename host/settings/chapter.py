"""What a chapter of settings is: a typed model whose fields also say how people meet them.

A model drives everything that is made of it: what is stored, what is refused, the forms of the
pages, `python -m host settings`, and the file of a configuration. Texts are msgids (`N_`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self, cast, get_args

import annotated_types as limits
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from host.settings import decimals
from host.texts.catalogue import N_
from shared.errors import BadSetting

KINDS = ("text", "number", "decimal", "duration", "flag", "choice", "zone", "dates")


class Row(NamedTuple):
    """A setting as people meet it.

    kind: one of `KINDS`; a "duration" is a number of seconds, a "decimal" one of thousandths. low,
    high: of a number, or of the
    length of a text. choices: (value, msgid) of a "choice" or of what a duration is usually. unit:
    "" for none. secret: never shown, and not in the file of a configuration. empty: it may be None.
    expert: in the forms of those alone who want to see what most people never need.
    """

    name: str
    kind: str
    label: str
    help: str
    unit: str
    low: int | None
    high: int | None
    choices: Sequence[tuple[Any, str]]
    default: Any
    secret: bool
    empty: bool
    expert: bool


class Problem(NamedTuple):
    """Why a value cannot be: the setting's name, and a msgid with its parameters."""

    name: str
    msgid: str
    params: Mapping[str, Any]


class WrongSettings(BadSetting):
    """Settings that cannot be; `problems` has one for each."""

    def __init__(self, problems: Sequence[Problem], labels: Mapping[str, str]) -> None:
        self.problems = problems
        super().__init__(
            "; ".join(
                f"{_called(one.name, labels)}: {one.msgid.format(**one.params)}" for one in problems
            )
        )


def _called(name: str, labels: Mapping[str, str]) -> str:
    return f"{labels[name]} ({name})" if name in labels else name


def setting(
    default: Any,
    label: str,
    help: str,
    *,
    kind: str,
    unit: str = "",
    low: int | None = None,
    high: int | None = None,
    choices: Sequence[tuple[Any, str]] = (),
    secret: bool = False,
    expert: bool = False,
) -> Any:
    """Return the field of a setting; see `Row`. The type of its annotation is held to strictly."""
    shown: dict[str, Any] = {"label": label, "help": help, "kind": kind, "unit": unit}
    shown |= {"secret": secret, "expert": expert, "choices": [list(one) for one in choices]}
    is_text = kind in ("text", "zone")
    return Field(
        default,
        strict=kind != "dates",
        ge=None if is_text else low,
        le=None if is_text else high,
        min_length=low if is_text else None,
        max_length=high if is_text else None,
        json_schema_extra=shown,
    )


class Chapter(BaseModel):
    """A chapter of settings. TITLE, HELP: msgids. MANUAL: its chapter in the manual.

    Raises `WrongSettings` for values that cannot be. Names it does not know are left aside, for
    they come from a newer release.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    TITLE: ClassVar[str]
    HELP: ClassVar[str]
    MANUAL: ClassVar[str]

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            labels = {row.name: row.label for row in type(self).rows()}
            problems = [_problem(one, self.rows()) for one in error.errors()]
            raise WrongSettings(problems, labels) from None

    def changed(self, **changes: Any) -> Self:
        """Return these settings with `changes`; an unknown name is refused (`WrongSettings`)."""
        known = {row.name for row in self.rows()}
        strange = [Problem(name, N_("there is no such setting"), {}) for name in changes]
        strange = [one for one in strange if one.name not in known]
        if strange:
            raise WrongSettings(strange, {})
        return type(self)(**(self.model_dump() | changes))

    @classmethod
    def rows(cls) -> Sequence[Row]:
        """Return the settings of the chapter in their order."""
        return list(_rows(cls))


def _rows(model: type[Chapter]) -> Iterator[Row]:
    for name, field in model.model_fields.items():
        shown = cast(dict[str, Any], field.json_schema_extra)
        bounds: dict[str, int] = {}
        for limit in field.metadata:
            match limit:
                case limits.Ge(ge) | limits.MinLen(ge):
                    bounds["low"] = cast(int, ge)
                case limits.Le(le) | limits.MaxLen(le):
                    bounds["high"] = cast(int, le)
                case _:
                    pass
        yield Row(
            name=name,
            kind=shown["kind"],
            label=shown["label"],
            help=shown["help"],
            unit=shown["unit"],
            low=bounds.get("low"),
            high=bounds.get("high"),
            choices=[(value, text) for value, text in shown["choices"]],
            default=field.default,
            secret=shown["secret"],
            empty=type(None) in get_args(field.annotation),
            expert=shown["expert"],
        )


_RANGE = N_("choose {low} to {high} {unit}")
_SHORT = N_("at least {low} characters")
_LONG = N_("at most {high} characters")
_TYPE = {
    "text": N_("a text is wanted"),
    "number": N_("a whole number is wanted"),
    "decimal": N_("a number is wanted, with three decimals at most and no sign between thousands"),
    "duration": N_("a duration is wanted, such as 30 s, 15 min or 2 h"),
    "flag": N_("on or off is wanted"),
    "choice": N_("choose one of {choices}"),
}
_BY_TYPE = {
    "greater_than_equal": _RANGE,
    "less_than_equal": _RANGE,
    "string_too_short": _SHORT,
    "string_too_long": _LONG,
}


def _problem(error: ErrorDetails, rows: Sequence[Row]) -> Problem:
    """Return pydantic's finding in our words; a check of ours brings its msgid along."""
    name = str(error["loc"][0]) if error["loc"] else ""
    row = next(one for one in rows if one.name == name)
    choices = ", ".join(str(value) for value, _ in row.choices)
    low, high = (
        decimals.told(bound) if row.kind == "decimal" and bound is not None else bound
        for bound in (row.low, row.high)
    )
    known = {"low": low, "high": high, "unit": row.unit, "choices": choices}
    if error["type"] == "setting":
        context = error.get("ctx", {})
        return Problem(name, context["msgid"], known | context)
    return Problem(name, _BY_TYPE.get(error["type"]) or _TYPE.get(row.kind, _TYPE["text"]), known)
