"""What the two keys of the front panel mean: levels and ticks in, gestures out.

A gesture begins with the first key pressed and ends when both are up again. Whoever holds a key for
longer than a short press and then thinks better of it has done nothing. A key that is already down
when the firmware starts means nothing until it was released: a stuck key restarts no board.
It touches no pin and no clock, and knows nothing of pages.

| gesture | when | what it is for |
|---|---|---|
| ENTER, FUNCTION | on release of a short press | pages, digits |
| BOTH | on release of a short press of both | back, stop |
| ENTER_HELD | after 5 s, still down | scan by secondary address |
| FUNCTION_HELD | after 2 s, still down | network quick set-up |
| BOTH_HELD | when both are up after they were down for 5 s | restart |
"""

from shared.compat import const, ticks_diff

ENTER = const(1)
FUNCTION = const(2)
BOTH = const(3)  # of the two above
ENTER_HELD = const(5)
FUNCTION_HELD = const(6)
BOTH_HELD = const(7)

BOUNCE_MS = const(20)  # a level counts when it has stood for so long
SHORT_MS = const(1000)  # a press that is released by then is a short one
HOLD_MS = (0, 5000, 2000, 5000)  # of ENTER, FUNCTION, BOTH: held for longer than this
_HELD = const(4)  # from a key to its held gesture

# Where a gesture is: timed, sure of its effect on release, waiting for the release.
_TIMED = const(0)
_ARMED = const(1)
_ENDING = const(2)


class Keys:
    """The gesture under way. `down`: the keys down now, debounced: 0, ENTER, FUNCTION or BOTH."""

    def __init__(self):
        self.down = BOTH  # until a look at the keys says otherwise
        self._seen = None
        self._seen_at = 0
        self._keys = 0  # all keys of this gesture
        self._since = 0  # ticks when the last of them came
        self._stage = _ENDING
        self._outcome = 0  # what the release will give, when _ENDING

    def feed(self, enter, function, now):
        """Take a look at the keys (True: down) at ticks `now`; return a gesture, or 0.

        To be called every 20 ms or so: what comes and goes between two calls is not seen.
        """
        seen = (ENTER if enter else 0) | (FUNCTION if function else 0)
        if seen != self._seen:
            self._seen, self._seen_at = seen, now
        if seen != self.down and ticks_diff(now, self._seen_at) >= BOUNCE_MS:
            return self._change(seen, now)
        if self._stage == _TIMED and self.down:
            return self._hold(now)
        return 0

    def held(self, now):
        """Return (keys, ms held, ms wanted) of a press too long to be a short one, else None.

        Once a release is all that is missing, ms held is more than ms wanted.
        """
        if not self.down or self._stage == _ENDING:
            return None
        wanted_ms = HOLD_MS[self._keys]
        if self._stage == _ARMED:
            return self._keys, wanted_ms + 1, wanted_ms
        held_ms = ticks_diff(now, self._since)
        return (self._keys, held_ms, wanted_ms) if held_ms > SHORT_MS else None

    def _change(self, down, now):
        came, went = down & ~self.down, self.down & ~down
        self.down = down
        if came and self._stage == _TIMED:
            self._keys |= came
            self._since = now
        elif came and self._outcome != BOTH_HELD:
            self._outcome = 0
        if went and self._stage != _ENDING:
            self._outcome = self._judged(now)
            self._stage = _ENDING
        if down:
            return 0
        gesture = self._outcome
        self._keys, self._stage, self._outcome = 0, _TIMED, 0
        return gesture

    def _judged(self, now):
        """Return what the gesture is worth now that its first key goes up."""
        if self._stage == _ARMED:
            return BOTH_HELD
        return self._keys if ticks_diff(now, self._since) <= SHORT_MS else 0

    def _hold(self, now):
        if ticks_diff(now, self._since) <= HOLD_MS[self._keys]:
            return 0
        if self._keys == BOTH:
            self._stage = _ARMED
            return 0
        self._stage = _ENDING
        return self._keys + _HELD
