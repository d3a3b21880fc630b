"""Decimal numbers as people write them, kept as whole thousandths. Pure."""

from __future__ import annotations

import re

_WRITTEN = re.compile(r"([-\N{MINUS SIGN}]?)(\d{1,13})(?:([.,])(\d{1,3}))?", re.ASCII)
_BETWEEN = str.maketrans("", "", " '\u00a0\u202f\u2019")  # what stands between thousands


def told(thousandths: int) -> str:
    """Return a number of thousandths as decimal text: 1500 is "1.5"."""
    whole, rest = divmod(abs(thousandths), 1000)
    sign = "-" if thousandths < 0 else ""
    return f"{sign}{whole}" + (f".{rest:03}".rstrip("0") if rest else "")


def parse(text: str, mark: str = ".") -> int | None:
    """Return the thousandths that a text means, None for none.

    mark: the decimal sign of whoever wrote it. The other one ("," or ".") is taken for it as well,
    but not before three digits: "1.234" may be a thousand there.
    """
    found = _WRITTEN.fullmatch(text.translate(_BETWEEN))
    if found is None:
        return None
    sign, whole, written, rest = found.groups(default="")
    if len(rest) == 3 and written != mark:
        return None
    thousandths = int(whole) * 1000 + int(rest.ljust(3, "0"))
    return -thousandths if sign else thousandths
