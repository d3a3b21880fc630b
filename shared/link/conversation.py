"""A JSON-RPC 2.0 conversation over records: both ends of a link run this one class.

Bytes and the time go in, events and bytes come out; nothing here reads a port or a clock, so the
same code serves a serial line, TCP, a Unix socket and a test whose clock jumps. Each end may ask
(`caller`) and answer (`answerer`), and says only what stands in its table.

An event is a tuple that begins with its kind:

    (REQUEST, id, method, params)        run it, then call `answer` or `refuse` with the id
    (RESULT, call, result)               a call of ours was answered
    (FAILED, call, error)                a call of ours failed: an error of `shared.errors`
    (NOTIFICATION, method, params)       the other end told us something
    (CONSOLE, text)                      a line that is not of the conversation
    (DAMAGED, text)                      the beginning of a record that could not be used
"""

import json

from shared.compat import TYPE_CHECKING, const
from shared.errors import BadSetting, LinkLost
from shared.link import records
from shared.link.answerer import Answerer
from shared.link.caller import Call, Caller
from shared.link.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUEST = "request"
RESULT = "result"
FAILED = "failed"
NOTIFICATION = "notification"
CONSOLE = records.CONSOLE
DAMAGED = records.DAMAGED

_MOST_QUEUED = const(64)  # messages not yet taken by the line, before notifications are dropped


class Conversation:
    """One end of a link.

    table: what may be said (`shared.link.table.Table`), the same at both ends.
    session: text that this end has never used before, 8 random hex digits.
    longest: bytes of a record from the other end. console_longest: bytes kept of a console line.
    most_open: requests of ours that may wait for their answer at once, 1-16.
    """

    def __init__(
        self,
        table: Table,
        session: str,
        longest: int = 65536,
        console_longest: int = 256,
        most_open: int = 8,
    ):
        self.table = table
        self.reader = records.RecordReader(longest, console_longest)
        self.unusable = 0  # records that were whole but no message of ours
        self._caller = Caller(table, session, most_open)
        self._answerer = Answerer(table)
        self._outgoing = []

    def call(self, method: str, params: "dict[str, object]", now: int, timeout_ms: int) -> Call:
        """Ask the other end; return the `Call` that the RESULT or FAILED event will carry.

        params: dict that fits the row. timeout_ms: 1 to 2**29. Raises BadSetting.
        """
        return self._caller.call(method, params, now, timeout_ms)

    def cancel(self, call: Call) -> None:
        """Stop waiting for a call; there will be no event for it."""
        self._caller.cancel(call)

    def notify(self, method: str, params: "dict[str, object]") -> bool:
        """Tell the other end; return False when it was dropped because the line is too slow."""
        self.table.check_notification(method, params)
        if len(self._outgoing) >= _MOST_QUEUED:
            return False
        self._outgoing.append({"jsonrpc": "2.0", "method": method, "params": params})
        return True

    def answer(self, key: str, method: str, result: "dict[str, object]", now: int) -> None:
        """Answer the request with id `key`. A result that does not fit its row becomes an error."""
        self._send(self._answerer.answer(key, method, result, now))

    def refuse(self, key: str, error: Exception, now: int) -> None:
        """Answer the request with id `key` by an error."""
        self._send(self._answerer.refuse(key, error, now))

    def receive(self, data: bytes, now: int) -> "list[tuple[object, ...]]":
        """Take bytes from the line (any number, cut anywhere); return the events they make."""
        events = []
        for kind, content in self.reader.feed(data):
            if kind == records.RECORD:
                self._message(content, now, events)
            else:
                events.append((kind, content))
        return events

    def tick(self, now: int) -> "list[tuple[object, ...]]":
        """Let time pass: queue what is due, return FAILED events of calls past their deadline."""
        failed = []
        for call, error in self._caller.expired(now):
            failed.append((FAILED, call, error))
        for request in self._caller.due(now):
            self._send(request)
        return failed

    def next_tick(self, now: int) -> "int | None":
        """Return ms until `tick` has work, or None."""
        return self._caller.next_due(now)

    def outgoing(self) -> "Iterator[bytes]":
        """Yield the bytes to send, in pieces; what was yielded is no longer ours to send."""
        while self._outgoing:
            message = self._outgoing.pop(0)
            yield from records.pieces(message)

    def fail(self, reason: str) -> "list[tuple[object, ...]]":
        """The line is gone: forget all calls, return a FAILED event with LinkLost for each."""
        self._outgoing = []
        return [(FAILED, call, LinkLost(reason)) for call in self._caller.cancel_all()]

    def _send(self, message):
        """Queue a message, unless this very one is still waiting there."""
        if message is not None and not any([message is queued for queued in self._outgoing]):
            self._outgoing.append(message)

    def _message(self, content, now, events):
        try:
            message = json.loads(content)
        except MemoryError:
            message = None
            self._send(self._answerer.refuse_unread(content))
        except (ValueError, RuntimeError):  # RuntimeError: nested too deeply
            message = None
        if not isinstance(message, dict):
            self._unusable(content, events)
        elif "method" not in message:
            self._response(message, events)
        elif "id" not in message:
            self._notification(message, content, events)
        else:
            self._request(message, now, events)

    def _request(self, message, now, events):
        if str(message["id"]).startswith(self._caller.session + "-"):
            return  # our own words: the far end of the line echoes
        reply, run = self._answerer.accept(message, now)
        self._send(reply)
        if run:
            events.append((REQUEST, message["id"], message["method"], message["params"]))

    def _response(self, message, events):
        outcome = self._caller.accept(message)
        if outcome is None:
            return  # the answer to a repeat, or to a call that was given up
        call, result, error = outcome
        if error is None:
            events.append((RESULT, call, result))
        else:
            events.append((FAILED, call, error))

    def _notification(self, message, content, events):
        params = message.get("params", {})
        try:
            self.table.check_notification(message["method"], params)
        except BadSetting:
            self._unusable(content, events)
            return
        events.append((NOTIFICATION, message["method"], params))

    def _unusable(self, content, events):
        self.unusable += 1
        events.append((DAMAGED, records.printable(content[:256])))
