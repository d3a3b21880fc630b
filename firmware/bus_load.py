"""Tells whether the buses can meet a schedule, and if not, which cycle they could.

A meter that was read counts with what it took, another with what `shared.mbus.estimate` guesses.
"""

from shared import schedule
from shared.mbus import estimate


def too_short(plan, buses):
    """Return why `plan` cannot be met, as the group of logger.state; None when it can be.

    Of several segments the first that cannot is told of.
    """
    for segment in range(1, buses.segments + 1):
        common_ms, own_ms, taken = _needed(plan, buses[segment], segment)
        shortest = schedule.shortest_cycle_s(common_ms, taken)
        if shortest is not None and (not plan.cycle_s or shortest <= plan.cycle_s):
            continue
        reason = "segment %d: reading its meters once takes about %d s"
        reason = reason % (segment, (common_ms + own_ms) // 1000)
        if shortest is None:
            reason += ", and their own cycles alone are too short for that"
        return {"reason": reason, "shortest_cycle_s": shortest}
    return None


def _needed(plan, worker, segment):
    """Return ms for the meters with the common cycle, ms for the others, and what these take.

    All for one reading of each meter of a segment; the last in millionths of the time.
    """
    common_ms = own_ms = taken = 0
    for index in range(len(plan)):
        if plan.segment(index) != segment:
            continue
        ms = worker.duration_ms(plan.address(index))
        if ms is None:
            ms = _estimate(plan, index)
        if plan.has_common_cycle(index):
            common_ms += ms
        else:
            own_ms += ms
            taken += schedule.share(ms, schedule.period_s(*plan.rhythm(index)))
    return common_ms, own_ms, taken


def _estimate(plan, index):
    how = plan.how(index)
    return estimate.reading_ms(
        how["baud"],
        len(plan.address(index)) > 3,
        how["snd_nke"],
        how["application_reset"],
        how["settle_ms"],
    )
