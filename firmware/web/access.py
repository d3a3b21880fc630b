"""Who may change things on the board's own page: a PIN from the LCD opens a session.

The PIN has six digits. It counts for ten minutes from when it was shown first; then, and whenever
it was guessed at too often, the next look at it finds another. So nobody can guess while nobody
looks. A wrong one makes its address wait, twice as long each time. Others do not wait with it,
unless so many are wrong within a minute that somebody guesses from many addresses. Sessions end ten
minutes after the last change that was asked for; that the page looks at the state does not count.
"""

import os
from binascii import hexlify

from shared.board_settings import is_ipv4
from shared.compat import const, ticks_add, ticks_diff
from shared.errors import BadSetting, Busy

SESSION_MS = const(600000)
PIN_MS = const(600000)  # from when a PIN is shown first until it counts no longer
_MOST_SESSIONS = const(4)
_MOST_WRONG = const(10)  # then there is a new PIN
_MOST_GUESSERS = const(8)  # addresses whose waits are remembered
_MOST_IN_A_MINUTE = const(20)  # wrong ones of all together: then everybody waits
_LONGEST_WAIT_MS = const(60000)


class Access:
    """ticks_ms: the clock, `hal.ticks_ms`."""

    def __init__(self, ticks_ms):
        self._ticks_ms = ticks_ms
        self._sessions = {}  # cookie -> [token, ticks of its last use]
        self._wrong = 0  # ever
        self._guessers = {}  # address -> [wrong ones, ticks before which it may not try again]
        self._minute = [0, ticks_ms()]  # wrong ones of all, and when they are forgotten
        self._pin = None  # text of six digits; None while none counts
        self._pin_since = 0

    def show(self):
        """Return the PIN that counts now, for somebody who stands at the board."""
        self.tidy()
        if self._pin is None:
            self._pin = "%06d" % (int.from_bytes(os.urandom(4), "big") % 1000000)
            self._pin_since = self._ticks_ms()
        return self._pin

    def tidy(self):
        """Forget a PIN whose time is over. To be called now and then: the ticks wrap."""
        if not 0 <= ticks_diff(self._ticks_ms(), self._pin_since) < PIN_MS:
            self._pin = None

    def enter(self, pin, address):
        """Return the cookie of a new session for the right `pin`, from `address` (text).

        Raises BadSetting for a wrong one, Busy when one has to wait, with the seconds.
        """
        now = self._ticks_ms()
        wait_ms = self._wait_ms(address, now)
        if wait_ms:
            raise Busy(str(-(-wait_ms // 1000)))
        self.tidy()
        if self._pin is None or pin != self._pin:
            self._note_wrong(address, now)
            raise BadSetting("this is not the PIN")
        self._guessers.pop(address, None)
        self._drop_old(now)
        while len(self._sessions) >= _MOST_SESSIONS:
            self._sessions.pop(min(self._sessions, key=self._age_key))
        cookie = _secret()
        self._sessions[cookie] = [_secret(), now]
        return cookie

    def _wait_ms(self, address, now):
        """Return how long `address` may not try yet, 0 if it may."""
        wrong, until = self._minute
        if not 0 < ticks_diff(until, now) <= _LONGEST_WAIT_MS:
            self._minute = [0, ticks_add(now, _LONGEST_WAIT_MS)]
        elif wrong >= _MOST_IN_A_MINUTE:
            return ticks_diff(until, now)
        until = self._guessers[address][1] if address in self._guessers else now
        wait_ms = ticks_diff(until, now)
        return wait_ms if 0 < wait_ms <= _LONGEST_WAIT_MS else 0

    def _note_wrong(self, address, now):
        guesser = self._guessers.setdefault(address, [0, now])
        guesser[0] += 1
        guesser[1] = ticks_add(now, min(500 << min(guesser[0], 8), _LONGEST_WAIT_MS))
        if len(self._guessers) > _MOST_GUESSERS:  # who has to wait least goes
            waits = [(ticks_diff(row[1], now), each) for each, row in self._guessers.items()]
            self._guessers.pop(min([wait for wait in waits if wait[1] != address])[1])
        self._minute[0] += 1
        self._wrong += 1
        if self._wrong % _MOST_WRONG == 0:
            self._pin = None

    def token(self, cookie):
        """Return the token that changes in the session of `cookie` must carry; None without one."""
        self._drop_old(self._ticks_ms())
        session = self._sessions.get(cookie)
        return session[0] if session else None

    def may_change(self, cookie, token):
        """Tell whether a change with these is allowed; it keeps the session alive."""
        known = self.token(cookie)
        if known is None or token != known:
            return False
        self._sessions[cookie][1] = self._ticks_ms()
        return True

    def leave(self, cookie):
        """End the session of `cookie`."""
        self._sessions.pop(cookie, None)

    def _drop_old(self, now):
        for cookie in list(self._sessions):
            if not 0 <= ticks_diff(now, self._sessions[cookie][1]) < SESSION_MS:
                del self._sessions[cookie]

    def _age_key(self, cookie):
        return ticks_diff(self._sessions[cookie][1], self._ticks_ms())


def is_own_host(host):
    """Tell whether a request for `host` (the header's text) may be meant for a board.

    A page of the Internet may let a name of its own point to the board (DNS rebinding): so names
    with a domain are refused, but for .local.
    """
    name, _, port = host.partition(":")
    if port and not port.isdigit():
        return host[:1] == "["  # IPv6
    return is_ipv4(name) or (bool(name) and "." not in name) or name.endswith(".local")


def _secret():
    return hexlify(os.urandom(16)).decode()
