"""Which meters whoever looks may see: said for each request and live piece, asked by the views.

Where nobody has said it, none: a place that forgets to say it shows too little, never too much.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

Sight = frozenset[int] | None
"""The numbers of the meters that may be seen, None for all of them."""

NOTHING: frozenset[int] = frozenset()

_sight: ContextVar[Sight] = ContextVar("sight", default=NOTHING)


def look(sight: Sight) -> None:
    """Let whatever is shown from now on in this thread or task be seen with `sight`."""
    _sight.set(sight)


@contextmanager
def looking(sight: Sight) -> Generator[None]:
    """Let what is shown in this context be seen with `sight`."""
    before = _sight.set(sight)
    try:
        yield
    finally:
        _sight.reset(before)


def seen() -> Sight:
    """Return the numbers of the meters that may be seen, None for all of them."""
    return _sight.get()


def sees(meter_id: int) -> bool:
    """Tell whether the meter of this number may be seen."""
    sight = _sight.get()
    return sight is None or meter_id in sight


def sees_all() -> bool:
    """Tell whether every meter may be seen, those that will be added as well."""
    return _sight.get() is None
