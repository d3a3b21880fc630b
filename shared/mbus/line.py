"""A request and its answer on the line, as a generator that touches no port and no clock.

Whoever drives the generator does what each step says and sends the result back in:

    ("send", frame)               write `frame`; go on when its last stop bit has left the wire
    ("idle", us)                  b"" once nothing was on the line for `us`, silence that has passed
                                  counts; or 1..64 bytes that came instead
    ("read", count, timeout_ms)   1..count bytes as soon as any come, b"" after `timeout_ms`
    ("pause", ms)                 wait

The rules of time live here: 33 bit times of silence before every request; an answer has ended, or
will not come, when the line was silent for a whole answer window. So after a garbled answer no
request goes out into its rest.
"""

from shared.compat import const
from shared.errors import GarbledAnswer, NoAnswer
from shared.mbus.frames import Receiver
from shared.mbus.timing import answer_window_ms, check_baud, idle_us

_BABBLE = const(783)  # bytes (three longest frames) in one wait: then the line is disturbed


class Line:
    """The bus during one exchange, at one baud rate: what was sent, heard and dropped.

    name: who is asked, as errors shall call it
    requests, retries, answers: telegrams sent, sent again, accepted
    strays: whole frames that nobody had asked for or that came from somebody else
    babbles: the line did not fall silent
    """

    def __init__(self, name, baud=2400, latency_ms=0, unsettled=False):
        """Start with no request sent.

        baud: bits per second; latency_ms: what the path to the bus may add (0..); unsettled: an
        answer to somebody's request may still be coming, so wait a whole window before the first.
        """
        self.name = "%s at %d baud" % (name, check_baud(baud))
        self.window_ms = answer_window_ms(baud) + latency_ms
        self.requests = self.retries = self.answers = self.strays = 0
        self.babbles = False
        self._idle_us = idle_us(baud)
        self._unsettled = unsettled
        self._heard = 0  # bytes since this wait began
        self._receiver = Receiver()
        self._found = []

    @property
    def noise(self):
        """Bytes heard that belonged to no frame."""
        return self._receiver.dropped

    @property
    def echoes(self):
        """Frames of our own that the level converter gave back."""
        return self._receiver.echoes

    @property
    def rubbish(self):
        """The first of the bytes heard since the last request that belonged to no frame."""
        return self._receiver.rubbish

    def request(self, frames, judge, attempts, whole_window=False):
        """Send one of `frames` until `judge` accepts an answer; return that answer.

        frames: the telegram, or several that are sent in turn; judge(frame): None to accept, an
        error to remember while listening on, or raises to give up; attempts: 1..;
        whole_window: sit out the answer window after the accepted answer, others may follow.
        Raises what `judge` remembered last, else GarbledAnswer, else NoAnswer.
        """
        trouble = None
        for attempt in range(attempts):
            frame = frames[attempt % len(frames)]
            yield from self._quiet()
            self._receiver.sent(frame)
            self._heard = 0
            self.requests += 1
            self.retries += attempt > 0
            yield ("send", frame)
            accepted = None
            while accepted is None or whole_window:
                heard = yield from self._hear()
                if heard is None:
                    break
                if accepted is not None:
                    continue
                fault = judge(heard)
                if fault is None:
                    accepted = heard
                else:
                    self.strays += 1
                    trouble = type(fault)("%s: %s" % (self.name, fault))
            if accepted is not None:
                self.answers += 1
                return accepted
            rubbish = self._receiver.rubbish
            if rubbish and (trouble is None or isinstance(trouble, GarbledAnswer)):
                trouble = GarbledAnswer("%s: no whole frame in %s" % (self.name, rubbish.hex()))
        if trouble is None:
            trouble = NoAnswer(
                "%s: nothing heard within %d ms, asked %d times"
                % (self.name, self.window_ms, attempts)
            )
        raise trouble

    def probe(self, frame):
        """Send `frame` and sit out the answer window, however many answer.

        Return the whole frames that came and how many bytes belonged to none. Raises GarbledAnswer
        when the line does not fall silent.
        """
        yield from self._quiet()
        self._receiver.sent(frame)
        self._heard = 0
        self.requests += 1
        yield ("send", frame)
        return (yield from self.listen(self.window_ms))

    def listen(self, ms):
        """Return what comes, as `probe` does, until the line was silent for `ms`."""
        noise = self.noise
        heard = []
        while True:
            data = yield ("read", self._receiver.expected(), ms)
            if data:
                self._take(data)
            else:
                self._found += self._receiver.idle()
            heard += self._found
            self._found = []
            if not data:
                return heard, self.noise - noise

    def _quiet(self):
        """Wait until the line has been idle for 33 bit times; what comes meanwhile is stray."""
        self._heard = 0
        while True:
            data = yield ("idle", 1000 * self.window_ms if self._unsettled else self._idle_us)
            if not data:
                break
            self._take(data)
        self._unsettled = False
        self._found += self._receiver.idle()
        self.strays += len(self._found)
        self._found = []

    def _hear(self):
        """Return the next frame, None when the line was silent for a whole answer window."""
        while not self._found:
            data = yield ("read", self._receiver.expected(), self.window_ms)
            if data:
                self._take(data)
            else:
                self._found += self._receiver.idle()
                if not self._found:
                    return None
        return self._found.pop(0)

    def _take(self, data):
        """Give `data` to the receiver; raise GarbledAnswer on a line that never falls silent."""
        self._found += self._receiver.feed(data)
        self._heard += len(data)
        if self._heard > _BABBLE:
            self.babbles = True
            raise GarbledAnswer(
                "%s: the line does not fall silent, %d bytes and no answer, begun %s"
                % (self.name, self._heard, self._receiver.rubbish.hex())
            )
