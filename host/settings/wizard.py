"""The first-run wizard (host/web/README.md): its steps, and how far somebody has come (pure).

It is where whoever sets up the installation stands, not a setting of it: it is in no chapter and in
no file of a configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

STEPS = ("site", "network", "time", "readout", "meters", "summary")
"""In their order; with the last one everything is said."""
OPEN, LATER, ENDED = "open", "later", "ended"
"""It comes by itself after the sign-in; it waits to be called; it was finished or dismissed."""
WAYS = (*STEPS, LATER, ENDED)
"""Where one may go in it and out of it."""


@dataclass(frozen=True, slots=True)
class Wizard:
    """state: `OPEN`, `LATER` or `ENDED`. at: the step to go on with. done: steps, as of `STEPS`."""

    state: str = OPEN
    at: str = STEPS[0]
    done: Sequence[str] = ()

    def gone(self, to: str, done: str | None = None) -> Wizard:
        """Return how it is after somebody went `to` one of `WAYS`; done: the step done with that.

        The last step ends it. Ended, it stays so, however often somebody looks at it again; that
        begins at the first step.
        """
        finished = {*self.done, *([done] if done else [])}
        kept = replace(self, done=tuple(step for step in STEPS if step in finished))
        if self.state == ENDED or to in (ENDED, STEPS[-1]):
            return replace(kept, state=ENDED, at=STEPS[0])
        if to == LATER:
            return replace(kept, state=LATER)
        return replace(kept, state=OPEN, at=to)
