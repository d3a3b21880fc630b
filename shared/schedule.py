"""When a meter is due: the same rule on the board and on the host.

A cycle divides the time since 1970 UTC into slots, so that a cycle of 15 minutes reads at the full
quarter hours on every device; a meter is due once in every slot. Of each meter two moments are
known: the start of the slot that was served last, and when its last reading began.

Moments are whole seconds on the clock of the board: since 1970 UTC where that is known, since its
start where it is not. When the clock is set, all moments are moved by the same step, so that they
stay where they were in real time; the next due moment is then the slot nearest to one period after
the last. So a clock that comes late, or is put forth or back by an hour, neither loses a reading
nor makes one double, and no number of steps makes a storm. Nothing here reads a clock.
"""

from shared.compat import TYPE_CHECKING, const, ticks_diff

if TYPE_CHECKING:
    from collections.abc import Iterable

CONTINUOUS = const(0)  # as a cycle: the next reading as soon as the last is done
SHORTEST_CYCLE_S = const(10)
LONGEST_CYCLE_S = const(172800)
DAY_S = const(86400)
AT_ONCE = const(0)  # due: was never read


def next_due(now_s: int, cycle_s: int) -> int:
    """Return the second at which the slot after that of `now_s` begins. cycle_s: 1 or more."""
    return (now_s // cycle_s + 1) * cycle_s


def spacing_s(per_day: int) -> int:
    """Return the least seconds between two readings of a meter of which `per_day` are allowed.

    Readings so far apart are never more than `per_day` in any 24 hours. per_day 0: no limit.
    """
    return -(-DAY_S // per_day) if per_day else 0


def period_s(cycle_s: int, per_day: int = 0) -> int:
    """Return the seconds from slot to slot of a meter, 0 when it is read without pause.

    cycle_s: its cycle or CONTINUOUS. per_day: readings its battery allows a day, 0 without limit;
    they are spread evenly over the day.
    """
    return max(cycle_s, spacing_s(per_day))


def due_s(served_s, begun_s, cycle_s: int, per_day: int = 0, aligned: bool = True) -> int:
    """Return when a meter is due, AT_ONCE when it was never read.

    served_s: start of the slot served last, None for none. begun_s: when its last reading by this
    rule began, for a battery meter its last reading at all; None when there was none. aligned: the
    clock is known, slots count from 1970. Never due within half a cycle of `begun_s`, so that a
    reading that came late in its slot, or just before the clock was set, is not made twice.
    """
    due = AT_ONCE
    if served_s is not None:
        period = period_s(cycle_s, per_day)
        due = served_s + period
        if aligned and period:
            due = (due + period // 2) // period * period
    if begun_s is not None:
        due = max(due, begun_s + max(period_s(cycle_s, 0) // 2, spacing_s(per_day)))
    return due


def slot_s(now_s: int, was_due_s: int, period: int, aligned: bool = True) -> int:
    """Return the start of the slot that a reading begun at `now_s` serves.

    was_due_s: when the meter was due. period: of `period_s`. However late a meter is read, slots
    that have passed are not made up.
    """
    if not period:
        return now_s
    if aligned:
        return now_s // period * period
    return now_s - (now_s - was_due_s) % period if was_due_s else now_s


def missed(now_s: int, was_due_s: int, period: int) -> int:
    """Return how many slots have passed unread when a meter is read at `now_s`; see `slot_s`."""
    if not period or was_due_s == AT_ONCE or now_s < was_due_s:
        return 0
    return (now_s - was_due_s) // period


def share(reading_ms: int, period: int) -> int:
    """Return how much of a bus a meter takes, in millionths of its time.

    period: of `period_s`. A meter without one takes only what the others leave: 0.
    """
    return -(-1000 * reading_ms // period) if period else 0


def shortest_cycle_s(common_ms: int, taken: int) -> "int | None":
    """Return the shortest common cycle (s) that one bus can meet, None when none is long enough.

    common_ms: duration of reading once all meters that have the common cycle. taken: the `share`
    of all others together.
    """
    left = 1000000 - taken
    if left <= 0:
        return None
    return max(SHORTEST_CYCLE_S, -(-1000 * common_ms // left))


def too_short(
    cycle_s: int, meters: "Iterable[tuple[int, int, int | None]]", segments: int = 3
) -> "tuple[str, int | None] | None":
    """Return why the buses cannot meet a schedule, None when they can.

    cycle_s: the common cycle or CONTINUOUS. meters: (segment from 1 on, ms that a reading takes,
    its own period in s or None for the common cycle) of each. What comes back is the reason in
    English and the shortest common cycle (s), None when the meters' own cycles alone are too much.
    """
    common = [0] * segments
    own = [0] * segments
    taken = [0] * segments
    for segment, ms, period in meters:
        if period is None:
            common[segment - 1] += ms
        else:
            own[segment - 1] += ms
            taken[segment - 1] += share(ms, period)
    worst = None
    for place in range(segments):
        shortest = shortest_cycle_s(common[place], taken[place])
        if shortest is not None and (not cycle_s or shortest <= cycle_s):
            continue
        if worst is not None and (
            worst[1] is None or (shortest is not None and shortest < worst[1])
        ):
            continue
        took_s = (common[place] + own[place] + 999) // 1000
        reason = "segment %d: reading its meters once takes about %d s" % (place + 1, took_s)
        if shortest is None:
            reason += ", their own cycles alone are too short for that"
        worst = (reason, shortest)
    return worst


class Uptime:
    """Counts whole seconds from a millisecond counter that wraps.

    Ask at least once in six days: a longer gap cannot be told from a shorter one.
    """

    def __init__(self, ticks_ms: int):
        self._s = 0
        self._rest_ms = 0
        self._last_ms = ticks_ms

    def now_s(self, ticks_ms: int) -> int:
        """Return the seconds since this was made; `ticks_ms` is the counter now."""
        self._rest_ms += ticks_diff(ticks_ms, self._last_ms)
        self._last_ms = ticks_ms
        self._s += self._rest_ms // 1000
        self._rest_ms %= 1000
        return self._s
