"""A board's scan as the core tells of it, moved on by the test."""

from typing import Any

from shared.errors import MbuslinkError
from shared.link.messages import MOST_FOUND

SECONDARY = "{:08d}24230107"


def found(number: int, **otherwise: Any) -> dict[str, Any]:
    """Return the row of a water meter with a serial number of its own."""
    secondary = SECONDARY.format(60_000_000 + number)
    row = {"segment": 1, "address": secondary, "secondary": secondary, "primary": number}
    return {**row, "bauds": [2400], "trouble": None, **otherwise}


class Scanned:
    """Answers scan.*. refuse: raised by the next questions; asked: (method, after or params)."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.refuse: MbuslinkError | None = None
        self.asked: list[tuple[str, Any]] = []
        self.restart()

    def restart(self) -> None:
        """The board has forgotten its scan."""
        self.rows = []
        self.state: dict[str, Any] = {
            "boot": 1 + getattr(self, "state", {"boot": 0})["boot"],
            "number": 0,
            "running": False,
            "by": "secondary",
            "backward": False,
            "segment": None,
            "bauds": [2400],
            "baud": None,
            "probes": 0,
            "collisions": 0,
            "found": 0,
            "permille": 0,
            "elapsed_s": 0,
            "left_s": None,
            "end": None,
            "error": None,
        }

    def run(self, found: int | list[dict[str, Any]] | None = None, **changes: Any) -> None:
        """The scan has come so far; the first call begins one. found: how many, or the rows."""
        if not self.state["number"]:
            self.state |= {"number": 1, "running": True, "baud": 2400, "left_s": 40}
        if isinstance(found, int):
            self.rows += [_row(number) for number in range(len(self.rows) + 1, found + 1)]
            del self.rows[found:]
        elif found is not None:
            self.rows = found
        self.state |= {"found": len(self.rows), **changes}

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Answer a service."""
        self.asked.append((method, params.get("after", params)))
        if self.refuse:
            raise self.refuse
        if method == "scan.found":
            after = params["after"]
            standing = {"meter": None, "standing": "new", "differences": []}
            return {"meters": [one | standing for one in self.rows[after : after + MOST_FOUND]]}
        return dict(self.state)


_row = found
