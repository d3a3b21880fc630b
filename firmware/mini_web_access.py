"""Who may change things on the board's own page: a PIN from the LCD opens a session.

The PIN has six digits and is made anew at each start, and whenever it was guessed at too often. A
wrong one makes everybody wait, twice as long each time. Sessions end ten minutes after the last
change that was asked for; that the page looks at the state does not count.
"""

import os
from binascii import hexlify

from shared.board_settings import is_ipv4
from shared.compat import const, ticks_add, ticks_diff
from shared.errors import BadSetting, Busy

SESSION_MS = const(600000)
_MOST_SESSIONS = const(4)
_MOST_WRONG = const(10)  # then there is a new PIN
_LONGEST_WAIT_MS = const(60000)


class Access:
    """ticks_ms: the clock, `hal.ticks_ms`. pin: what to enter, text of six digits"""

    def __init__(self, ticks_ms):
        self._ticks_ms = ticks_ms
        self._sessions = {}  # cookie -> [token, ticks of its last use]
        self._wrong = 0
        self._until = ticks_ms()  # nobody may try before
        self.pin = ""
        self.renew()

    def renew(self):
        """Make another PIN; it is in `pin`."""
        self.pin = "%06d" % (int.from_bytes(os.urandom(4), "big") % 1000000)

    def enter(self, pin):
        """Return the cookie of a new session for the right `pin`.

        Raises BadSetting for a wrong one, Busy when one has to wait, with the seconds.
        """
        now = self._ticks_ms()
        wait_ms = ticks_diff(self._until, now)
        if self._wrong and 0 < wait_ms <= _LONGEST_WAIT_MS:
            raise Busy(str(-(-wait_ms // 1000)))
        if pin != self.pin:
            self._wrong += 1
            self._until = ticks_add(now, min(500 << min(self._wrong, 8), _LONGEST_WAIT_MS))
            if self._wrong % _MOST_WRONG == 0:
                self.renew()
            raise BadSetting("this is not the PIN")
        self._wrong = 0
        self._drop_old(now)
        while len(self._sessions) >= _MOST_SESSIONS:
            self._sessions.pop(min(self._sessions, key=self._age_key))
        cookie = _secret()
        self._sessions[cookie] = [_secret(), now]
        return cookie

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
