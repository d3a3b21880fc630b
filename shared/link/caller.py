"""The asking half of a conversation: requests are repeated until answered.

Every request has a number, from 1 in its session, given when it is first sent. It names the
numbers that were still open then, so the answering half may forget all others below it: that is
how it remembers every answer that may still be asked for, and no more (`answerer`). A session is
a word drawn at random at each start, so that nobody takes a restarted caller's first request for
an old one.

Pure: it never reads a clock. `now` is in ms and may wrap (`shared.compat.ticks_diff`).
"""

from shared.compat import const, ticks_add, ticks_diff
from shared.errors import DeadlineExceeded, RemoteError, from_key

_FIRST_REPEAT_MS = const(300)
_SLOWEST_REPEAT_MS = const(2400)


class Call:
    """One request under way, from `Caller.call` to its answer or its error."""

    def __init__(self, method, params, now, timeout_ms):
        self.method = method
        self.params = params
        self.timeout_ms = timeout_ms
        self.deadline = ticks_add(now, timeout_ms)
        self.number = None  # until it is sent
        self.repeat_at = now
        self.gap_ms = _FIRST_REPEAT_MS


class Caller:
    """Numbers, repeats and closes requests.

    session: text without "-", unlike any used before. most_open: requests sent and not answered,
    1-16; further ones wait their turn while their deadline runs.
    """

    def __init__(self, table, session, most_open):
        self.session = session
        self._table = table
        self._most_open = most_open
        self._last = 0
        self._waiting = []
        self._open = []

    def call(self, method, params, now, timeout_ms):
        """Begin a request; return its `Call`. Raises BadSetting when params do not fit."""
        self._table.check_params(method, _copied(params))  # it would add what is absent
        call = Call(method, params, now, timeout_ms)
        self._waiting.append(call)
        return call

    def cancel(self, call):
        """Forget a call: an answer to it will be ignored. The other end may have run it."""
        for calls in (self._waiting, self._open):
            if call in calls:
                calls.remove(call)

    def cancel_all(self):
        """Forget every call and return them."""
        calls = self._open + self._waiting
        self._open = []
        self._waiting = []
        return calls

    def expired(self, now):
        """Forget the calls whose deadline has passed; return them as (call, DeadlineExceeded)."""
        late = []
        for call in self._open + self._waiting:
            if ticks_diff(now, call.deadline) >= 0:
                self.cancel(call)
                detail = "%s: no answer within %d ms" % (call.method, call.timeout_ms)
                late.append((call, DeadlineExceeded(detail)))
        return late

    def due(self, now):
        """Return the requests to send now, first ones and repeats."""
        while self._waiting and len(self._open) < self._most_open:
            call = self._waiting.pop(0)
            self._last += 1
            call.number = self._last
            call.repeat_at = now
            self._open.append(call)
        return [self._request(c, now) for c in self._open if ticks_diff(now, c.repeat_at) >= 0]

    def next_due(self, now):
        """Return ms until `expired` or `due` has work, 0 when it has now, None when it has none."""
        moments = [call.deadline for call in self._open + self._waiting]
        moments += [call.repeat_at for call in self._open]
        if self._waiting and len(self._open) < self._most_open:
            return 0
        return max(0, min([ticks_diff(m, now) for m in moments])) if moments else None

    def accept(self, message):
        """Close the call that `message` (a response) answers.

        Returns (call, result, None), (call, None, error), or None for an answer nobody waits for.
        """
        for call in self._open:
            if message.get("id") == self._id(call):
                self._open.remove(call)
                return self._outcome(call, message)
        return None

    def _outcome(self, call, message):
        if "error" in message:
            return (call, None, _error_from(message["error"]))
        result = message.get("result")
        try:
            self._table.check_result(call.method, result)
        except Exception as error:  # whatever the peer sent, it is the peer's fault
            return (call, None, RemoteError(str(error)))
        return (call, result, None)

    def _request(self, call, now):
        call.repeat_at = ticks_add(now, call.gap_ms)
        call.gap_ms = min(2 * call.gap_ms, _SLOWEST_REPEAT_MS)
        return {
            "jsonrpc": "2.0",
            "id": self._id(call),
            "method": call.method,
            "params": call.params,
            "open": [other.number for other in self._open if other.number < call.number],
        }

    def _id(self, call):
        return "%s-%d" % (self.session, call.number)


def _error_from(error):
    """Return the exception that the `error` object of a response describes."""
    data = error.get("data") if isinstance(error, dict) else None
    if isinstance(data, dict):
        return from_key(str(data.get("key")), str(data.get("detail")))
    return RemoteError(str(error)[:200])


def _copied(value):
    """Return `value` of JSON with lists and objects of its own."""
    if isinstance(value, dict):
        return {key: _copied(value[key]) for key in value}
    return [_copied(item) for item in value] if isinstance(value, list) else value
