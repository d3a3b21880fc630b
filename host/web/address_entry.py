"""Addresses as people type them: several at once, ranges of primary ones, each on its own line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from host.core.services import MOST_METERS
from host.texts.catalogue import N_
from host.web.scan_form import HIGHEST, LOWEST, RANGE_ERROR
from shared.errors import BadAddress
from shared.mbus.addresses import parse_address

_RANGE = re.compile(r"(\d{1,5})[-\N{EN DASH}](\d{1,5})", re.ASCII)
_WHY_ADDRESS = N_("This is no address: {what}. Enter 1 to 250, or 8 or 16 digits.")
_WHY_MANY = N_("These are too many: at most 250 meters at once.")
_WHY_NONE = N_("Enter at least one address.")


class Wrong(Exception):
    """What was typed is no list of addresses. msgid: why; what: the part in question."""

    def __init__(self, msgid: str, what: str = "") -> None:
        super().__init__(msgid)
        self.msgid = msgid
        self.what = what[:40]


def parse(text: str) -> Sequence[str]:
    """Return the addresses in `text` ("1-20, 25; 12345678"), each once, as they are registered.

    Raises `Wrong` for the first that is none.
    """
    found: dict[str, None] = {}
    for word in re.split(r"[\s,;]+", re.sub(r"\s*([-\N{EN DASH}])\s*", r"\1", text.strip())):
        if word:
            found |= dict.fromkeys(_meant(word))
    if not found:
        raise Wrong(_WHY_NONE)
    if len(found) > MOST_METERS:
        raise Wrong(_WHY_MANY)
    return list(found)


def _meant(word: str) -> Sequence[str]:
    spread = _RANGE.fullmatch(word)
    if spread:
        low, high = int(spread[1]), int(spread[2])
        if not LOWEST <= low <= high <= HIGHEST:
            raise Wrong(RANGE_ERROR, word)
        return [str(number) for number in range(low, high + 1)]
    try:
        address = parse_address(word)
    except BadAddress:
        raise Wrong(_WHY_ADDRESS, word) from None
    if address.primary is not None and not LOWEST <= address.primary <= HIGHEST:
        raise Wrong(_WHY_ADDRESS, word)
    return [address.text]
