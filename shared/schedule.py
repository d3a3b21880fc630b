"""When the next readout is due: the same rule on the board and on the host.

A cycle of `cycle_s` seconds divides the time since 1970 UTC into slots, so that a cycle of 15
minutes reads at the full quarter hours on every device. A meter is due once in every slot. Nothing
here reads a clock: `now_s` is handed in, in whole seconds since 1970 UTC.
"""


def is_due(last_s: "int | None", now_s: int, cycle_s: int) -> bool:
    """Tell whether a readout is due at `now_s`.

    last_s: when the last one began, None for never. cycle_s: 1 or more. A clock that was put back
    makes a readout due at once, and only once.
    """
    return last_s is None or last_s // cycle_s != now_s // cycle_s


def next_due(now_s: int, cycle_s: int) -> int:
    """Return the second at which the slot after that of `now_s` begins."""
    return (now_s // cycle_s + 1) * cycle_s
