"""Finding every meter by its secondary address: which masks to probe, in which order.

A probe selects all meters that fit a mask (CI 52h, wildcards); they acknowledge together, so that
the master hears nobody, one, or a collision. A mask that collides is split on one of its wildcard
digits, and so on until each meter has answered alone. `Search.run` yields masks and takes outcomes;
it knows no line and no time (`scan` does).

What costs probes is a digit that does not tell the meters apart, and space where nobody is. The
numbers on one bus come in deliveries: their first digits are alike, the last ones run through.
Hence the sampled order. At a collision it probes three last digits, drawn by chance. If one does
not collide the meters are few, and the last digit parts them. Else it fetches examples, numbers
found by fixing more last digits, and splits on the first digit in which they differ; on the last
digit all the same where below a first digit they have nothing in common, for these are no delivery.

A digit that no known number has in this place is probably nobody's: it is probed as wide as it can
be, with all later digits free again. If nobody or only one answers, that holds for every narrower
mask as well, and the next crowds need not ask. So two crowds of one delivery share its silence.

The backward order, of the scan that a key starts, always splits on the last digit that is still a
wildcard.

Meters with the same number are parted by medium, version and manufacturer, whole bytes that have no
wildcard inside; what was met on this bus is tried first.

A split that leaves fewer than two meters where a collision was heard has missed somebody, or noise
has led it astray. Its mask is probed again: if it still collides it is gone through once more, with
the hex digits A to E; else the bus is noisy, and from then on only a repeated collision counts.

In the end every collision must be explained by two meters, or it is gone through again. On a bus
where acknowledges merge, even a meter that was alone behind a wildcard may have drowned another's
answer: what was found there is probed once more, and who isn't there when his own number is called
was an overlay of several and is forgotten.
"""

from shared.compat import const
from shared.errors import GarbledAnswer
from shared.mbus.addresses import is_plain, matches
from shared.mbus.masks import digit_at, first_difference, fixed, free_places, with_digit
from shared.mbus.parting import STEPS

SILENCE = const(0)  # outcomes of a probe; the fifth is the header (8 bytes) of the one meter
COLLISION = const(1)
MUTE = const(2)  # a clean acknowledge, but then nothing that says who it was
MERGED = const(3)  # a clean acknowledge, but then the data of several

SHARES = const(1000000000)  # `Search.done` at the end

_EXAMPLES = const(3)  # known numbers that show where the meters differ
_DRAWN = const(3)  # last digits; the split on the last digit has use for them anyway
_DIGITS = const(10)
_HEX_DIGITS = const(15)  # F is the wildcard
_DISTURBED = const(100)  # collisions without anything else between them: these are no meters
_KINDS = const(32)  # kinds of meters, and outcomes in one crowd, that are kept: boards are small
_HEARD = const(60)
_HINTS = const(4)
_DEEP = const(3)  # splits in a crowd of the whole, about; others have one
_LEAST = const(2)  # crowds in a split, before it is known
_RARELY = const(20)  # of so many clean acknowledges one may be several meters' by bad luck


class _Crowd:
    """A mask being split.

    known: headers of the meters known in it; heard: (mask, outcome) of probes within it
    """

    def __init__(self, mask, known):
        self.mask = mask
        self.known = known
        self.heard = []


class Search:
    """The search of one bus at one baud rate.

    found: headers (8 bytes, as on the wire) of the meters that are known
    unresolved: (mask, COLLISION or MUTE) behind which somebody answers who cannot be told further
    probes, collisions: how many there were; done: how far it is, 0..SHARES
    dropped: headers that were found and then proved an overlay of several meters' answers
    """

    def __init__(self, mask, randrange, backward=False, kinds=()):
        """Start with nobody known.

        mask: 8 bytes, within which to search; randrange(n): a random integer 0..n-1; backward: the
        order; kinds: manufacturer, version and medium (4 bytes each) met on this bus already.
        """
        self.found = []
        self.unresolved = []
        self.dropped = []
        self.probes = self.collisions = self.done = 0
        self._mask = mask
        self._randrange = randrange
        self._backward = backward
        self._kinds = list(kinds)
        self._hints = []
        self._open = []  # crowds, each within the one before
        self._noisy = False
        self._since_silence = 0
        self._alone = self._merged = 0  # clean acknowledges, by what the data said
        self._collided = bytearray()  # the number in each mask that collided, 4 bytes each
        self._wide = bytearray()  # the same where a wildcard was answered by one meter alone
        self._behind = False  # whether these are probed once more
        self._unproved = 0  # of these, how many were found before acknowledges were seen to merge

    @property
    def merging(self):
        """Whether acknowledges of several meters merge into clean ones: each must prove itself."""
        return self._merged * _RARELY > self._alone + self._merged

    def hint(self, header):
        """Say that a damaged answer seems to have come from a meter with `header` (8 bytes)."""
        kind = header[4:]
        if kind not in self._hints and len(self._hints) < _HINTS and is_plain(header):
            self._hints.append(kind)

    def run(self):
        """Yield masks to probe, take outcomes: SILENCE, COLLISION, MUTE, MERGED or a header.

        A header (8 bytes) must match the mask; where acknowledges merge, its meter must have
        answered to it alone. Raises GarbledAnswer when everything collides: the line is disturbed.
        """
        crowd = _Crowd(self._mask, [])
        self._open.append(crowd)
        outcome = yield from self._probe(self._mask)
        if _is_crowd(outcome):
            # Where acknowledges merge looking behind them takes as long once more.
            yield from self._resolve(crowd, outcome, SHARES // (1 + self.merging))
            if self.merging:
                yield from self._drop_overlays()
                yield from self._look_behind()
            yield from self._explain()
        self.done = SHARES

    def _drop_overlays(self):
        """Call those by their own number who were found before anybody doubted."""
        unproved = self._unproved
        self._unproved = 0
        for mask in _masks(self._wide[: 4 * unproved], self._mask):
            for header in self._within(mask):
                if is_plain(header) and (yield from self._anew(header)) == SILENCE:
                    self.found.remove(header)
                    self.dropped.append(header)

    def _look_behind(self):
        """Probe once more what was found behind wildcards: somebody's answer may have drowned."""
        self._behind = True
        while self._wide:  # until nobody new has come to light
            wide, self._wide = self._wide, bytearray()
            share = (SHARES - self.done) * 4 // len(wide)
            for mask in _masks(wide, self._mask):
                self.done += share
                known = self._within(mask)
                outcome = yield from self._anew(mask)
                if outcome != SILENCE and outcome not in known:
                    yield from self._go_through(mask, COLLISION)

    def _explain(self):
        """Go once more through what collided although fewer than two meters are known in it."""
        collided, self._collided = self._collided, bytearray()
        open_ones = [mask for mask in _masks(collided, self._mask) if not self._explained(mask)]
        for mask in sorted(open_ones, key=lambda mask: len(free_places(mask))):
            if not self._explained(mask):
                outcome = yield from self._anew(mask)
                if _is_crowd(outcome):
                    yield from self._go_through(mask, outcome)

    def _explained(self, mask):
        """Tell whether it is known who collided behind `mask`."""
        for row in self.unresolved:
            if matches(mask, row[0]):
                return True
        return len(self._within(mask)) > 1

    def _go_through(self, mask, outcome):
        inside = _Crowd(mask, self._within(mask))
        self._open.append(inside)
        yield from self._resolve(inside, outcome, 0)
        self._open.pop()

    def _anew(self, mask):
        """Probe `mask` as if nothing had been heard; return the outcome."""
        for crowd in self._open:
            crowd.heard.clear()
        return (yield from self._probe(mask))

    def _probe(self, mask):
        """Probe `mask`, again if it collides on a noisy bus; return the outcome."""
        outcome = yield from self._hear(mask)
        if self._noisy and outcome == COLLISION:
            outcome = yield from self._hear(mask)
        if _is_crowd(outcome):
            self.collisions += 1
            if outcome == COLLISION and mask[4:] == self._mask[4:]:
                self._collided += mask[:4]
            self._since_silence += 1
            if self._since_silence > _DISTURBED:
                raise GarbledAnswer(
                    "%d collisions on end: the line is disturbed" % self._since_silence
                )
            return outcome
        self._since_silence = 0
        if outcome != SILENCE:
            self._enter(mask, outcome)
        return outcome

    def _enter(self, mask, header):
        """Keep who answered to `mask` alone."""
        is_new = header not in self.found
        if free_places(mask) and (is_new or not self._behind):
            self._wide += mask[:4]
            if not self.merging:
                self._unproved = len(self._wide) // 4
        if is_new:
            self.found.append(header)
            self._meet(header[4:])
            for crowd in self._open:
                if matches(crowd.mask, header):
                    crowd.known.append(header)

    def _hear(self, mask):
        """Yield `mask`; return the outcome, that of several whose acknowledges merged as any."""
        self.probes += 1
        outcome = yield mask
        if outcome not in (SILENCE, COLLISION):
            self._alone += outcome != MERGED
            self._merged += outcome == MERGED
        return COLLISION if outcome == MERGED else outcome

    def _ask(self, mask, crowd):
        """Return the outcome of `mask`, which lies in `crowd`: heard before, or probed now."""
        outcome = self._answered(mask)
        if outcome is None:
            outcome = yield from self._probe(mask)
            if len(crowd.heard) == _HEARD:
                crowd.heard.pop(0)
            crowd.heard.append((mask, outcome))
        return outcome

    def _answered(self, mask):
        """Return what is heard of `mask` already, None when nothing is."""
        for crowd in self._open:
            for region, outcome in crowd.heard:
                if region == mask:
                    return outcome
                if outcome == SILENCE and matches(region, mask):
                    return SILENCE
                if not _is_crowd(outcome) and not self.merging and matches(region, mask):
                    return outcome if matches(mask, outcome) else SILENCE
        return None

    def _meet(self, kind):
        """Keep a kind of meter; that of an old one, which does not tell it, fits anything."""
        if not is_plain(b"\0\0\0\0" + kind):
            return
        if kind not in self._kinds and len(self._kinds) < _KINDS:
            self._kinds.append(kind)

    def _resolve(self, crowd, outcome, share):
        """Find everybody in `crowd`, of which COLLISION or MUTE was heard.

        What was found must explain the outcome, else the mask is split once more. One generator
        for each digit that is fixed: boards have little memory.
        """
        mask, known = crowd.mask, crowd.known
        unresolved = len(self.unresolved)
        for digits in (_DIGITS, _HEX_DIGITS):
            if not free_places(mask):
                break
            yield from self._split(crowd, digits, share)
            share = 0
            if len(self.unresolved) > unresolved or len(known) >= (1 if outcome == MUTE else 2):
                return
            outcome = yield from self._again(mask)
            if not _is_crowd(outcome):
                return
        else:
            self.unresolved.append((mask, outcome))
            return
        if outcome == COLLISION:  # parting costs many probes: is it true?
            outcome = yield from self._again(mask)
        if outcome == COLLISION:
            yield from self._part(mask, known)
        elif outcome == MUTE:
            self.unresolved.append((mask, outcome))
        self.done += share

    def _again(self, mask):
        """Probe `mask` once more; return the outcome. That of a crowd which is none was noise."""
        outcome = yield from self._anew(mask)
        self._noisy = self._noisy or not _is_crowd(outcome)
        return outcome

    def _split(self, crowd, digits, share):
        """Probe `crowd` with each of `digits` values in one place; go on where it collides."""
        mask, known = crowd.mask, crowd.known
        place = yield from self._place(crowd)
        wide = self._freed(mask, place)
        outer = [one for one in self._open if matches(one.mask, wide)][-1]
        if self._backward or wide == mask:
            outer = None
        seen = [digit_at(header, place) for header in self._within(wide)]
        crowds = []
        is_deep = len(self._open) == 1 and place != free_places(mask)[-1]
        given = 0  # of the share
        for digit in range(digits):
            child = fixed(mask, place, digit)
            outcome = self._answered(child)
            if len(with_digit(known, place, digit)) > 1:
                outcome = COLLISION
            if outcome is None and outer and digit not in seen:
                yield from self._ask(fixed(wide, place, digit), outer)
            if outcome is None:
                outcome = yield from self._ask(child, crowd)
            if _is_crowd(outcome):
                crowds.append((digit, outcome))
            splits = 1 + (_DEEP if is_deep else 1) * max(_LEAST, len(crowds))
            part = max(given, share // (digits * splits) * (digit + 1))
            self.done += part - given
            given = part
        share -= given
        if not crowds:
            self.done += share
        for digit, outcome in crowds:
            inside = _Crowd(fixed(mask, place, digit), with_digit(known, place, digit))
            self._open.append(inside)
            yield from self._resolve(inside, outcome, share // len(crowds))
            self._open.pop()

    def _place(self, crowd):
        """Return which digit to split on."""
        free = free_places(crowd.mask)
        last = free[-1]
        if self._backward or len(free) == 1:
            return last
        first = self._randrange(_DIGITS)
        for step in range(_DRAWN):
            child = fixed(crowd.mask, last, (first + 3 * step) % _DIGITS)
            if (yield from self._ask(child, crowd)) != COLLISION:
                return last
        for _ in range(_EXAMPLES):
            if len(self._alike(crowd.mask, free)) < _EXAMPLES:
                yield from self._example(child, crowd)
        alike = self._alike(crowd.mask, free)
        place = first_difference(alike, free)
        if place is None or (place and place == free[0] and _all_differ(alike, place)):
            return last
        return place

    def _alike(self, mask, free):
        """Return the known numbers that begin as `mask` does, up to a digit that is of use."""
        return self._within(self._freed(mask, first_difference(self.found, free)))

    def _freed(self, mask, place):
        """Return `mask` with all digits after `place` (None: the last free one) wildcards again."""
        for later in range((free_places(mask)[-1] if place is None else place) + 1, 8):
            mask = fixed(mask, later, digit_at(self._mask, later))
        return mask

    def _within(self, mask):
        return [header for header in self.found if matches(mask, header)]

    def _example(self, mask, crowd):
        """Fix last digits of `mask`, drawn by chance, until a meter that is not known is alone."""
        known = crowd.known
        free = free_places(mask)
        while free:
            first = self._randrange(_DIGITS)
            for step in range(_DIGITS):
                digit = (first + step) % _DIGITS
                if with_digit(known, free[-1], digit):
                    continue
                child = fixed(mask, free[-1], digit)
                outcome = yield from self._ask(child, crowd)
                if outcome == COLLISION:
                    mask, known = child, []
                    break
                if outcome not in (SILENCE, MUTE):
                    return
            else:
                return
            free = free_places(mask)

    def _part(self, mask, known):
        """Part the meters behind `mask`, all with one number."""
        hints, self._hints = self._hints, []
        for kind in hints + self._kinds:
            whole = mask[:4] + kind
            if whole not in known and matches(mask, whole):
                outcome = yield from self._probe(whole)
                if _is_crowd(outcome):  # and nobody else is needed to explain it
                    self.unresolved.append((whole, outcome))
                    return
        unresolved = len(self.unresolved)
        for first, last, values in STEPS:
            if mask[first:last].strip(b"\xff"):
                continue
            for value in values(self._kinds, known):
                child = mask[:first] + value + mask[last:]
                outcome = yield from self._probe(child)
                if _is_crowd(outcome):
                    inside = [header for header in known if header[first:last] == value]
                    crowd = _Crowd(child, inside)
                    self._open.append(crowd)
                    yield from self._resolve(crowd, outcome, 0)
                    self._open.pop()
            break
        if len(known) < 2 and len(self.unresolved) == unresolved:
            self.unresolved.append((mask, COLLISION))


def _is_crowd(outcome):
    """Tell whether there is somebody who is not known yet."""
    return outcome in (COLLISION, MUTE)


def _all_differ(headers, place):
    return len({digit_at(header, place) for header in headers}) == len(headers)


def _masks(numbers, whole):
    """Yield the masks whose numbers are packed in `numbers`; the rest is that of `whole`."""
    for place in range(0, len(numbers), 4):
        yield bytes(numbers[place : place + 4]) + whole[4:]
