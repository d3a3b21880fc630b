"""Network quick set-up, digit by digit: address, mask and gateway, changed all at once at the end.

One key counts the chosen digit up, the other confirms it and moves on; nothing is changed before
the last digit is confirmed. Only digits that can still become an address are offered (no 3 at the
front of a number up to 255). An address of zeros asks for DHCP: mask and gateway become zeros too
and only the last digit is left to confirm. A part that makes no sense is entered anew, with a hint.
It draws nothing, keeps nothing and knows no clock.
"""

from shared.board_settings import network_fault
from shared.compat import const

PARTS = ("address", "mask", "gateway")
DIGITS = const(12)
_ZERO = "0.0.0.0"  # noqa: S104 - no address, nothing is bound to it

# Hints, and None: `words_*` have their texts.
NO_ADDRESS = "bad_address"
NO_MASK = "bad_mask"
NO_GATEWAY = "bad_gateway"
OTHER_NETWORK = "other_network"
ALL_ZERO = "dhcp_next"

_FAULTS = {  # of `network_fault`: in which part it shows, and its hint
    "address": (0, NO_ADDRESS),
    "mask": (1, NO_MASK),
    "edge": (1, NO_MASK),
    "gateway": (2, NO_GATEWAY),
    "elsewhere": (2, OTHER_NETWORK),
}


class NetworkSetup:
    """One visit to the set-up.

    part    which of PARTS is entered, 0..2
    place   which of its DIGITS is chosen, 0..11
    hint    why the part is entered anew, or what happens next; None otherwise
    result  the settings to change, once the last digit is confirmed; None before
    """

    def __init__(self, address, mask, gateway):
        """`address`, `mask`, `gateway`: texts such as "192.168.1.17" to start from, "" for none."""
        self._digits = [_digits(text) for text in (address, mask, gateway)]
        self.part = 0
        self.place = 0
        self.hint = None
        self.result = None

    def digits(self):
        """Return the twelve digits of the part that is entered."""
        return self._digits[self.part]

    def count_up(self):
        """Count the chosen digit up; behind the highest possible comes 0."""
        digits = self.digits()
        digits[self.place] = (digits[self.place] + 1) % (self._highest() + 1)
        self.hint = None

    def confirm(self):
        """Take the chosen digit and move on; behind the last of a part look at the part."""
        self.hint = None
        if self.place < DIGITS - 1:
            self.place += 1
            digits = self.digits()
            digits[self.place] = min(digits[self.place], self._highest())
            return
        self.hint = self._judge()
        self.place = 0
        if self.hint is None:
            self._next()

    def back(self):
        """Go one digit back, at the first one of a part to the last of the part before."""
        self.hint = None
        if self.place:
            self.place -= 1
        elif self.part:
            self.part -= 1
            self.place = DIGITS - 1

    def _highest(self):
        """Return the highest possible value of the chosen digit: a number goes up to 255."""
        start = self.place - self.place % 3
        before = self.digits()[start : self.place]
        if not before:
            return 2
        if before[0] < 2 or before == [2, 0] or (len(before) == 2 and before[1] < 5):
            return 9
        return 5

    def _judge(self):
        """Return the hint for what is wrong with the part just entered, None if nothing is."""
        address, mask, gateway = self._texts()
        if address == _ZERO:  # DHCP: everything is zero
            return None if self.part == 0 or gateway == mask == _ZERO else ALL_ZERO
        fault = network_fault(address, mask, gateway)
        part, hint = _FAULTS[fault] if fault else (None, None)
        return hint if part == self.part else None

    def _texts(self):
        return [_text(digits) for digits in self._digits]

    def _next(self):
        address, mask, gateway = self._texts()
        if self.part < 2 and address == _ZERO:
            self._digits[1], self._digits[2] = [0] * DIGITS, [0] * DIGITS
            self.part, self.place = 2, DIGITS - 1
            self.hint = ALL_ZERO
        elif self.part < 2:
            self.part += 1
        elif address == _ZERO:
            self.result = {"network.dhcp": True}
        else:
            self.result = {
                "network.dhcp": False,
                "network.address": address,
                "network.mask": mask,
                "network.gateway": gateway,
            }


def _digits(text):
    """Return the twelve digits of an address; zeros when it is none."""
    numbers = text.split(".")
    if len(numbers) != 4:
        numbers = "0000"
    return [int(digit) for number in numbers for digit in "%03d" % int(number)]


def _text(digits):
    """Return the address that twelve digits mean."""
    numbers = [100 * digits[i] + 10 * digits[i + 1] + digits[i + 2] for i in range(0, DIGITS, 3)]
    return ".".join([str(number) for number in numbers])
