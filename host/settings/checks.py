"""Checks that are more than a range, for the fields of several chapters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from host.texts.catalogue import N_


def wrong(msgid: str, **params: Any) -> PydanticCustomError:
    """Return the error that a check raises: `msgid` (`N_`) with the parameters it names."""
    return PydanticCustomError("setting", "{msgid}", {"msgid": msgid, **params})  # pyright: ignore[reportArgumentType]


@cache
def zones() -> frozenset[str]:
    """Return the names of all time zones; looking through their files takes 10 ms."""
    return frozenset(available_timezones())


def zone(name: str) -> str:
    """Let an IANA time zone through, and "" for UTC."""
    if name and name not in zones():
        raise wrong(N_("{zone} is no time zone; write a name such as Europe/Zurich"), zone=name)
    return name


def one_of(choices: Sequence[int]) -> AfterValidator:
    """Return the check that lets one of these numbers through."""

    def check(value: int) -> int:
        if value not in choices:
            raise wrong(N_("choose one of {choices}"), choices=", ".join(map(str, choices)))
        return value

    return AfterValidator(check)


def one_line(text: str) -> str:
    """Let a text of one line through, without what cannot be printed; blanks around it go."""
    if not text.isprintable():
        raise wrong(N_("it must be one line of printable characters"))
    return text.strip()
