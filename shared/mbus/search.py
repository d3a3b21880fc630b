"""Finding every meter by its secondary address: which masks to probe, in which order.

A probe selects all meters that fit a mask (CI 52h, wildcards); they acknowledge together, so that
the master hears nobody, one, or a collision. A mask that collides is split on one of its wildcard
digits, and so on until each meter has answered alone. `Search.run` yields masks and takes outcomes;
it knows no line and no time (`scan` does).

What costs probes is a digit that does not tell the meters apart, and space where nobody is. The
numbers on one bus come in deliveries: their first digits are alike, the last ones run through.
Hence the sampled order. At a collision it probes three last digits, drawn by chance. If one does
not collide the meters are few, and the last digit parts them. Else it fetches examples, numbers
found by fixing more last digits, and splits on the first digit in which they differ.

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
"""

from shared.compat import const
from shared.errors import GarbledAnswer
from shared.mbus.addresses import is_plain, matches

SILENCE = const(0)  # outcomes of a probe; the fourth is the header (8 bytes) of the one meter
COLLISION = const(1)
MUTE = const(2)  # a clean acknowledge, but then nothing that says who it was

SHARES = const(1000000000)  # `Search.done` at the end

_EXAMPLES = const(3)  # known numbers that show where the meters differ
_DRAWN = const(3)  # last digits; the split on the last digit has use for them anyway
_DIGITS = const(10)
_HEX_DIGITS = const(15)  # F is the wildcard
_DISTURBED = const(100)  # collisions without anything else between them: these are no meters
_KINDS = const(32)  # kinds of meters, and outcomes in one crowd, that are kept: boards are small
_HEARD = const(60)
_HINTS = const(4)

_MEDIUM = const(7)  # place in the mask
_VERSION = const(6)
_MANUFACTURER = const(4)  # two bytes
_LAST_MEDIUM = const(0x3F)  # above, EN 13757-7 has none

# Manufacturers, of a meter whose number, version and medium are another's too, and whose maker has
# no other meter on this bus.
_MAKERS = (
    "ABB ACW AMT APA DME EFE ELS ELV EMH ESY GMC HYD ITR ITW KAM LGB LSE LUG NZR PAD QDS REL SAP "
    "SEN SIE SLB SON SPX SVM TCH ZRI ZRM"
)


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
    """

    def __init__(self, mask, randrange, backward=False, kinds=()):
        """Start with nobody known.

        mask: 8 bytes, within which to search; randrange(n): a random integer 0..n-1; backward: the
        order; kinds: manufacturer, version and medium (4 bytes each) met on this bus already.
        """
        self.found = []
        self.unresolved = []
        self.probes = self.collisions = self.done = 0
        self._mask = mask
        self._randrange = randrange
        self._backward = backward
        self._kinds = list(kinds)
        self._hints = []
        self._open = []  # crowds, each within the one before
        self._noisy = False
        self._since_silence = 0

    def hint(self, header):
        """Say that a damaged answer seems to have come from a meter with `header` (8 bytes)."""
        kind = header[4:]
        if kind not in self._hints and len(self._hints) < _HINTS and is_plain(header):
            self._hints.append(kind)

    def run(self):
        """Yield masks to probe, take outcomes: SILENCE, COLLISION, MUTE or a header (8 bytes).

        A header must match the mask; acknowledges that no data confirmed are collisions. Raises
        GarbledAnswer when everything collides: the line is disturbed.
        """
        crowd = _Crowd(self._mask, [])
        self._open.append(crowd)
        outcome = yield from self._probe(self._mask)
        if _is_crowd(outcome):
            yield from self._resolve(crowd, outcome, SHARES)
        self.done = SHARES

    def _probe(self, mask):
        """Probe `mask`, again if it collides on a noisy bus; return the outcome."""
        self.probes += 1
        outcome = yield mask
        if self._noisy and outcome == COLLISION:
            self.probes += 1
            outcome = yield mask
        if _is_crowd(outcome):
            self.collisions += 1
            self._since_silence += 1
            if self._since_silence > _DISTURBED:
                raise GarbledAnswer(
                    "%d collisions on end: the line is disturbed" % self._since_silence
                )
            return outcome
        self._since_silence = 0
        if outcome != SILENCE and outcome not in self.found:
            self.found.append(outcome)
            self._meet(outcome[4:])
            for crowd in self._open:
                if matches(crowd.mask, outcome):
                    crowd.known.append(outcome)
        return outcome

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
                if not _is_crowd(outcome) and matches(region, mask):
                    alone = outcome != SILENCE and matches(mask, outcome)
                    return outcome if alone else SILENCE
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
            if not _free(mask):
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
        for crowd in self._open:
            crowd.heard.clear()
        outcome = yield from self._probe(mask)
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
        seen = [_digit(header, place) for header in self._within(wide)]
        crowds = []
        for digit in range(digits):
            child = _fixed(mask, place, digit)
            outcome = self._answered(child)
            if len(_with_digit(known, place, digit)) > 1:
                outcome = COLLISION
            if outcome is None and outer and digit not in seen:
                yield from self._ask(_fixed(wide, place, digit), outer)
            if outcome is None:
                outcome = yield from self._ask(child, crowd)
            if _is_crowd(outcome):
                crowds.append((digit, outcome))
        if not crowds:
            self.done += share
        for digit, outcome in crowds:
            inside = _Crowd(_fixed(mask, place, digit), _with_digit(known, place, digit))
            self._open.append(inside)
            yield from self._resolve(inside, outcome, share // len(crowds))
            self._open.pop()

    def _place(self, crowd):
        """Return which digit to split on."""
        free = _free(crowd.mask)
        last = free[-1]
        if self._backward or len(free) == 1:
            return last
        first = self._randrange(_DIGITS)
        for step in range(_DRAWN):
            child = _fixed(crowd.mask, last, (first + 3 * step) % _DIGITS)
            if (yield from self._ask(child, crowd)) != COLLISION:
                return last
        for _ in range(_EXAMPLES):
            if len(self._alike(crowd.mask, free)) < _EXAMPLES:
                yield from self._example(child, crowd)
        place = _first_difference(self._alike(crowd.mask, free), free)
        return last if place is None else place

    def _alike(self, mask, free):
        """Return the known numbers that begin as `mask` does, up to a digit that is of use."""
        return self._within(self._freed(mask, _first_difference(self.found, free)))

    def _freed(self, mask, place):
        """Return `mask` with all digits after `place` (None: the last free one) wildcards again."""
        for later in range((_free(mask)[-1] if place is None else place) + 1, 8):
            mask = _fixed(mask, later, _digit(self._mask, later))
        return mask

    def _within(self, mask):
        return [header for header in self.found if matches(mask, header)]

    def _example(self, mask, crowd):
        """Fix last digits of `mask`, drawn by chance, until a meter that is not known is alone."""
        known = crowd.known
        free = _free(mask)
        while free:
            first = self._randrange(_DIGITS)
            for step in range(_DIGITS):
                digit = (first + step) % _DIGITS
                if _with_digit(known, free[-1], digit):
                    continue
                child = _fixed(mask, free[-1], digit)
                outcome = yield from self._ask(child, crowd)
                if outcome == COLLISION:
                    mask, known = child, []
                    break
                if outcome not in (SILENCE, MUTE):
                    return
            else:
                return
            free = _free(mask)

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
        for first, last, values in (
            (_MEDIUM, _MEDIUM + 1, self._media),
            (_VERSION, _VERSION + 1, self._versions),
            (_MANUFACTURER, _MANUFACTURER + 2, self._makers),
        ):
            if mask[first:last].strip(b"\xff"):
                continue
            for value in values(known):
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

    def _media(self, known):
        """Yield every medium, the unlikely ones only while fewer than two meters are known."""
        for medium in range(_LAST_MEDIUM + 1):
            yield bytes((medium,))
        for medium in range(_LAST_MEDIUM + 1, 255):
            if len(known) < 2:
                yield bytes((medium,))

    def _versions(self, known):
        for version in range(255):
            yield bytes((version,))

    def _makers(self, known):
        codes = []
        for kind in self._kinds:
            if kind[:2] not in codes:
                codes.append(kind[:2])
        for name in _MAKERS.split():
            code = 0
            for letter in name:
                code = code << 5 | ord(letter) - 64
            if code.to_bytes(2, "little") not in codes:
                codes.append(code.to_bytes(2, "little"))
        return codes


def _is_crowd(outcome):
    """Tell whether there is somebody who is not known yet."""
    return outcome in (COLLISION, MUTE)


def _free(mask):
    """Return the places (0 for the first digit as printed ... 7) of the wildcard digits."""
    return [place for place in range(8) if _digit(mask, place) == 15]


def _first_difference(headers, places):
    """Return the first of `places` in which the numbers of `headers` differ, None for none."""
    for place in places:
        for header in headers:
            if _digit(header, place) != _digit(headers[0], place):
                return place
    return None


def _digit(mask, place):
    byte = mask[3 - place // 2]
    return byte & 15 if place & 1 else byte >> 4


def _with_digit(headers, place, digit):
    return [header for header in headers if _digit(header, place) == digit]


def _fixed(mask, place, digit):
    """Return `mask` with the digit at `place` (0..7) fixed."""
    index = 3 - place // 2
    byte = mask[index] & 0xF0 | digit if place & 1 else mask[index] & 0x0F | digit << 4
    return mask[:index] + bytes((byte,)) + mask[index + 1 :]
