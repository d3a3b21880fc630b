"""Finding the meters on a bus: a sweep of primary addresses, or the search of `search`.

A scan is a row of short exchanges. `exchanges` yields (name, baud, steps) and takes what the
generator `steps(line)` returned, so that whoever drives it can stop, wait for a lost line and begin
the last exchange again between any two. Every exchange sits out its whole answer window: after a
first acknowledge others may follow. A clean acknowledge is confirmed by REQ_UD2, because those of
several meters, less than half a bit apart, merge into one. The data of several, alike to the bit,
can overlay to a telegram that is valid but nobody's. So where acknowledges are seen to merge, who
answered to wildcards must also answer when called by the whole of his address.

    primary      REQ_UD2 a: two windows for an address where nobody is
    secondary    select mask; after a clean E5: REQ_UD2 253

At each baud rate SND_NKE to everybody comes first, for meters that tell nothing without; and the
first selection is listened to for a second more, which shows how late the slowest meter answers.
"""

from shared.compat import const
from shared.errors import BadSetting, GarbledAnswer, LineFault, NoAnswer, WrongMeter
from shared.mbus.addresses import (
    EVERYONE,
    HIGHEST_PRIMARY,
    SELECTED,
    header_of,
    is_plain,
    matches,
    secondary_text,
)
from shared.mbus.frames import (
    ACK,
    FCB,
    REQ_UD2,
    SND_NKE,
    SND_UD,
    is_answer,
    long_frame,
    short_frame,
)
from shared.mbus.search import COLLISION, MERGED, MUTE, SHARES, SILENCE, Search
from shared.mbus.timing import answer_window_ms, check_baud

LOWEST = const(1)  # of a primary scan (manual 6.4.1); HIGHEST_PRIMARY is the other end
MOST_FOUND = const(750)  # of one scan: three outputs full of meters

PERMILLE = const(1000)

_CI_SELECT = const(0x52)
_ATTEMPTS = const(3)
_LATE_MS = const(100)  # steps in which later answers are waited for
_LATE_STEPS = const(10)
_TROUBLES = {COLLISION: GarbledAnswer.key, MUTE: NoAnswer.key}
_WHOLE = b"\xff\xff\xff\xff\xff\xff\xff\xff"


class Found:
    """The meters found so far, in order; one that was found at several baud rates is one meter.

    A row is (segment, header, primary, bauds, trouble): header is 8 bytes or None when only the
    primary address is known, primary 0..255 or None, bauds a tuple, trouble the key of the error
    that kept the meter from saying who it is, None if it did. With "garbled_answer" two meters may
    share this address.
    """

    def __init__(self):
        self.rows = []

    def add(self, segment, header, primary, baud, trouble=None):
        """Enter a meter. Raises BadSetting when more were found than can be on a bus."""
        for index in range(len(self.rows)):
            row = self.rows[index]
            if row[0] != segment or row[1] != header or (row[2] != primary and header is None):
                continue
            bauds = row[3] if baud in row[3] else row[3] + (baud,)
            self.rows[index] = (segment, header, primary, bauds, trouble and row[4])
            return
        if len(self.rows) == MOST_FOUND:
            raise BadSetting("more than %d meters were found" % MOST_FOUND)
        self.rows.append((segment, header, primary, (baud,), trouble))

    def drop(self, segment, header):
        """Forget a meter that proved not to be there."""
        self.rows[:] = [row for row in self.rows if row[0] != segment or row[1] != header]


class _Scan:
    """What both kinds of scan have: progress, and who was found.

    probes, collisions: so far; baud: the rate under way; found: `Found`, which scans of several
    segments share
    """

    def __init__(self, bauds, found, segment):
        if not bauds:
            raise BadSetting("no baud rate to scan at")
        for baud in bauds:
            check_baud(baud)
        self.probes = self.collisions = 0
        self.baud = bauds[0]
        self.found = found
        self._bauds = bauds
        self._done = 0  # baud rates
        self._segment = segment

    def permille(self):
        """Return how far the scan is, 0..1000: a slow rate takes more of it."""
        shares = [answer_window_ms(baud) for baud in self._bauds]
        done = PERMILLE * sum(shares[: self._done])
        if self._done < len(shares):
            done += self._part() * shares[self._done]
        return done // sum(shares)

    def _part(self):
        """Return how far it is at this baud rate, 0..1000."""
        raise NotImplementedError

    def exchanges(self):
        """Yield (name, baud, steps) for each exchange, take what its steps returned."""
        for baud in self._bauds:
            self.baud = baud
            yield "everybody", baud, _wake
            yield from self._at(baud)
            self._done += 1

    def _at(self, baud):
        raise NotImplementedError

    def _enter(self, header, primary, trouble=None):
        self.found.add(self._segment, header, primary, self.baud, trouble)


class PrimaryScan(_Scan):
    """The sweep of the primary addresses `first`..`last`, each 1..250.

    Who is silent is asked once more in the end, for some meters ignore the first request: twice the
    time for an empty address, but a meter that is missed costs somebody a way to the site. Two
    meters at one address answer together: found with the trouble "garbled_answer".
    """

    def __init__(self, first, last, bauds, found, segment=1):
        """Start. Raises BadSetting for a range or a rate that cannot be."""
        if not LOWEST <= first <= last <= HIGHEST_PRIMARY:
            raise BadSetting(
                "range error: %d-%d; primary addresses go from %d to %d, the first is the lower"
                % (first, last, LOWEST, HIGHEST_PRIMARY)
            )
        super().__init__(bauds, found, segment)
        self._first, self._last = first, last
        self._asked = self._answered = 0  # addresses, at this rate

    def _part(self):
        return self._asked * PERMILLE // (2 * (self._last + 1 - self._first) - self._answered)

    def _at(self, baud):
        silent = []
        for primary in range(self._first, self._last + 1):
            if (yield from self._ask(primary, baud)):
                self._answered += 1
            else:
                silent.append(primary)
        for primary in silent:
            yield from self._ask(primary, baud)
        self._asked = self._answered = 0

    def _ask(self, primary, baud):
        """Enter who answers at `primary`, or too late from another; return whether it did."""
        self.probes += 1
        answers = yield "primary address %d" % primary, baud, _asking(primary)
        self._asked += 1
        for whom, header, trouble in answers or ():
            self.collisions += trouble is not None
            self._enter(header, whom, trouble)
        return primary in [row[0] for row in answers or ()]


class SecondaryScan(_Scan):
    """The search by secondary address within `mask` (8 bytes)."""

    search = Search  # the order of the probes

    def __init__(self, bauds, found, randrange, mask=_WHOLE, backward=False, segment=1):
        """Start. randrange(n): a random integer 0..n-1. Raises BadSetting for a rate."""
        super().__init__(bauds, found, segment)
        self._randrange = randrange
        self._mask = mask
        self._backward = backward
        self._search = None
        self._primaries = {}  # of the meters that said theirs since the last probe
        self._late_ms = None  # how much later than it may the slowest meter answers

    def _part(self):
        return self._search.done // (SHARES // PERMILLE) if self._search else 0

    def _at(self, baud):
        kinds = []
        for row in self.found.rows:
            if row[1] is not None and is_plain(row[1]) and row[1][4:] not in kinds:
                kinds.append(row[1][4:])
        self._late_ms = None
        search = self._search = self.search(self._mask, self._randrange, self._backward, kinds)
        probes, collisions = self.probes, self.collisions
        unresolved = 0
        masks = search.run()
        outcome = mask = None
        while True:
            try:
                mask = masks.send(outcome)
            except StopIteration:
                mask = None
            for row in search.unresolved[unresolved:]:
                self._enter(row[0], None, _TROUBLES[row[1]])
                unresolved += 1
            if mask is None:
                break
            self.probes = probes + search.probes
            outcome = yield "meters " + secondary_text(mask), baud, self._probing(mask)
            self.collisions = collisions + search.collisions
            for header, primary in self._primaries.items():
                self._enter(header, primary)
            self._primaries = {}
            while search.dropped:
                self.found.drop(self._segment, search.dropped.pop())
        yield "the selected meter", baud, _deselect
        self._search = None

    def _probing(self, mask):
        """Return the steps of one probe."""

        def steps(line):
            return self._probe(line, mask)

        return steps

    def _probe(self, line, mask):
        """Select `mask`; return its outcome, as `Search.run` takes it."""
        line.window_ms += self._late_ms or 0
        try:
            clean, noise = yield from line.probe(_select(mask))
            if self._late_ms is None:
                clean, noise = yield from self._listen_on(line, clean, noise)
            if not clean and not noise:
                return SILENCE
            if clean != [ACK] or noise:
                return COLLISION
            return (yield from self._confirm(line, mask))
        except GarbledAnswer:
            return COLLISION

    def _listen_on(self, line, clean, noise):
        """Hear who answers too late, and give everybody that time from now on."""
        late = 0
        for step in range(_LATE_STEPS):
            more, rubbish = yield from line.listen(_LATE_MS)
            if more or rubbish:
                late = step + 1
                clean, noise = clean + more, noise + rubbish
        # A step more, it is never just as late; and the others' answers made this window longer.
        self._late_ms = late and (late + 1) * _LATE_MS + line.window_ms
        line.window_ms += self._late_ms
        return clean, noise

    def _confirm(self, line, mask):
        """Ask the one who acknowledged for data; return the outcome of the probe."""
        whom = []

        def judge(frame):
            if not is_answer(frame):
                return GarbledAnswer("%s where data was awaited" % frame[:24].hex())
            whom.append(frame)
            return None

        for attempt in range(_ATTEMPTS):
            if attempt:  # perhaps it wants a SND_NKE while it is selected
                yield from line.probe(short_frame(SND_NKE, SELECTED))
                yield from line.probe(_select(mask))
            try:
                yield from line.request((short_frame(REQ_UD2 | FCB, SELECTED),), judge, 1)
            except NoAnswer:
                continue
            except GarbledAnswer:
                header = line.rubbish[7:15]  # damaged, but perhaps not there
                if self._search and len(header) == 8 and matches(mask, header):
                    self._search.hint(header)
                return MERGED
            header = header_of(whom[0])
            if header is None or not matches(mask, header):
                return MUTE
            if self._search and self._search.merging and mask != header and is_plain(header):
                clean, noise = yield from line.probe(_select(header))
                if clean != [ACK] or noise:  # nobody's data, or there are two such meters
                    return MERGED
            self._primaries[header] = whom[0][5]
            return header
        return MUTE


def _select(mask):
    return long_frame(SND_UD, SELECTED, _CI_SELECT, mask)


def _wake(line):
    """SND_NKE to everybody: nobody answers."""
    yield from line.probe(short_frame(SND_NKE, EVERYONE))


def _deselect(line):
    try:
        yield from line.probe(short_frame(SND_NKE, SELECTED))
    except LineFault:
        pass


def _asking(primary):
    """Return the steps that ask at one primary address; they return [(primary, header, trouble)].

    An answer that comes too late says by its address whose it is.
    """

    def steps(line):
        heard = []

        def judge(frame):
            if not is_answer(frame):
                return GarbledAnswer("%s where data was awaited" % frame[:24].hex())
            if frame[5] <= HIGHEST_PRIMARY:
                heard.append((frame[5], header_of(frame), None))
            return None if frame[5] == primary else WrongMeter("answered by %d" % frame[5])

        for _ in range(_ATTEMPTS):
            try:
                yield from line.request((short_frame(REQ_UD2 | FCB, primary),), judge, 1)
                return heard
            except (NoAnswer, WrongMeter):
                return heard
            except GarbledAnswer:
                pass
        return heard + [(primary, None, GarbledAnswer.key)]

    return steps
