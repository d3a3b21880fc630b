"""The answering half of a conversation: every request is run once, however often it is heard.

What it remembers of a session is `_known` (every lower number has been sent by the caller) and,
for each number that may still be open there, what became of it:

    EXPECTED   the caller named it as open, but it was lost on the way: run it when it comes
    RUNNING    begun: ignore repeats
    ANSWERED   the answer is kept, and sent again for every repeat

A number below `_known` that is not remembered is closed: a late repeat of it is ignored. Requests
of earlier sessions are ignored too. An end that restarted knows no session; it refuses requests
until the table's opening method begins one, because it cannot tell a new request from one it ran
before it restarted.

Pure: it never reads a clock. `now` is in ms and may wrap (`shared.compat.ticks_diff`).
"""

from shared.compat import const, ticks_diff
from shared.errors import BadSetting, LinkLost, MbuslinkError

_MOST_OPEN = const(16)  # of a caller at once; more make a request invalid
_SESSIONS_KEPT = const(8)
_RESEND_GAP_MS = const(250)

_INVALID_REQUEST = const(-32600)
_NO_SUCH_METHOD = const(-32601)
_INVALID_PARAMS = const(-32602)
_INTERNAL = const(-32603)
_REFUSED = const(-32000)

_EXPECTED = const(0)
_RUNNING = const(1)
_ANSWERED = const(2)


class Answerer:
    """Decides for each request whether to run it, answer it again, refuse or ignore it."""

    def __init__(self, table):
        self._table = table
        self._session = None
        self._closed = []  # sessions before this one, the latest last
        self._known = 1
        self._open = {}  # number -> [status, answer, when it was sent]

    def accept(self, message, now):
        """Take a request (a dict with "method" and "id").

        Returns (reply, run): a message to send or None, and whether to run the request. When
        `run` is true, `message["params"]` are checked and `answer` or `refuse` must follow.
        """
        key = message["id"]
        session, number = _parse_id(key)
        others = message.get("open")
        if number is None or not _is_list_of_open(others, number):
            return _error(None, _INVALID_REQUEST, BadSetting("bad id or open list")), False
        if session in self._closed:
            return None, False
        method = message["method"]
        if session != self._session:
            if self._table.opening not in (None, method):
                lost = LinkLost("unknown session: %s must begin it" % self._table.opening)
                return _error(key, _REFUSED, lost), False
            self._begin(session)
        return self._accept_number(number, others, message, now)

    def _begin(self, session):
        if self._session is not None:
            self._closed = self._closed[1 - _SESSIONS_KEPT :] + [self._session]
        self._session = session
        self._known = 1
        self._open = {}

    def _accept_number(self, number, others, message, now):
        if number < self._known and number not in self._open:
            return None, False
        for known in list(self._open):
            if known < number and known not in others:
                del self._open[known]
        for other in others:
            if other >= self._known:
                self._open[other] = [_EXPECTED, None, now]
        self._known = max(self._known, number + 1)
        state = self._open.get(number)
        if state is not None and state[0] != _EXPECTED:
            return self._again(state, now), False
        self._open[number] = [_RUNNING, None, now]
        return self._checked(message, now)

    def _checked(self, message, now):
        method = message["method"]
        if not self._table.has_method(method):
            error = BadSetting("%s: no such method" % str(method)[:60])
            return self._close(
                message["id"], _error(message["id"], _NO_SUCH_METHOD, error), now
            ), False
        try:
            params = message.setdefault("params", {})
            self._table.check_params(method, params)
        except BadSetting as error:
            return self._close(
                message["id"], _error(message["id"], _INVALID_PARAMS, error), now
            ), False
        return None, True

    def _again(self, state, now):
        """A repeat came: return the kept answer, unless it may still be on its way."""
        if state[0] == _RUNNING or ticks_diff(now, state[2]) < _RESEND_GAP_MS:
            return None
        state[2] = now
        return state[1]

    def answer(self, key, method, result, now):
        """Close the request with id `key` by its result; return the message to send or None."""
        try:
            self._table.check_result(method, result)
        except BadSetting as error:
            return self._close(key, _error(key, _INTERNAL, error), now)
        return self._close(key, {"jsonrpc": "2.0", "id": key, "result": result}, now)

    def refuse(self, key, error, now):
        """Close the request with id `key` by an error; return the message to send or None."""
        return self._close(key, _error(key, _REFUSED, error), now)

    def refuse_unread(self, record):
        """Return the error to send for a `record` (bytes) that memory is too short to read.

        None when it is no request. Nothing is closed: a repeat of it may find more memory.
        """
        parts = bytes(record[:80]).split(b'"id":"')
        if len(parts) < 2 or b'"method":' not in record:
            return None
        key = parts[1].split(b'"')[0].decode()
        error = MbuslinkError("no memory for a request of %d bytes" % len(record))
        return _error(key, _REFUSED, error)

    def _close(self, key, answer, now):
        session, number = _parse_id(key)
        if session != self._session or number not in self._open:
            return None  # the caller does not wait for it any more
        self._open[number] = [_ANSWERED, answer, now]
        return answer


def _parse_id(key):
    """Return (session, number) of an id such as "9f03a1c2-17", (None, None) of anything else."""
    if not isinstance(key, str) or len(key) > 40:
        return None, None
    parts = key.split("-")
    digits = parts[-1]
    if len(parts) != 2 or not digits.isdigit() or len(digits) > 9:
        return None, None
    return parts[0], int(digits)


def _is_list_of_open(others, number):
    if not isinstance(others, list) or len(others) >= _MOST_OPEN:
        return False
    return all([isinstance(other, int) and 0 < other < number for other in others])


def _error(key, code, error):
    """Return the response that carries `error` (any exception)."""
    ours = isinstance(error, MbuslinkError)
    name = error.key if ours else "error"
    detail = (str(error) if ours else repr(error))[:300]
    data = {"key": name, "detail": detail}
    return {
        "jsonrpc": "2.0",
        "id": key,
        "error": {"code": code, "message": name + ": " + detail, "data": data},
    }
