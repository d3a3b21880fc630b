"""Tells whether the buses can meet a plan, and if not, which common cycle they could.

A meter that was read counts with what its last good reading took, another with what
`shared.mbus.estimate` guesses.
"""

from shared import schedule
from shared.mbus import estimate


def too_short(plan, buses):
    """Return why `plan` cannot be met, as the group of logger.state; None when it can be."""
    found = schedule.too_short(plan.cycle_s, _meters(plan, buses), buses.segments)
    if found is None:
        return None
    return {"reason": found[0], "shortest_cycle_s": found[1]}


def _meters(plan, buses):
    """Yield (segment, ms of a reading, own period or None) of every meter that can be read."""
    for index in range(len(plan)):
        segment = plan.segment(index)
        if segment > buses.segments:
            continue
        ms = buses[segment].duration_ms(plan.address(index))
        if ms is None:
            ms = _estimate(plan, index)
        common = plan.has_common_cycle(index)
        yield segment, ms, None if common else schedule.period_s(*plan.rhythm(index))


def _estimate(plan, index):
    how = plan.how(index)
    return estimate.reading_ms(
        how["baud"],
        len(plan.address(index)) > 3,
        how["snd_nke"],
        how["application_reset"],
        how["settle_ms"],
    )
