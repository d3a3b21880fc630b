"""Network quick set-up, digit by digit: address, mask and gateway, changed all at once at the end.

One key counts the chosen digit up, the other confirms it and moves on; nothing is changed before
the last digit is confirmed. Only digits that can still become an address are offered (no 3 at the
front of a number up to 255). An address of zeros asks for DHCP: mask and gateway become zeros too
and only the last digit is left to confirm. A part that makes no sense is entered anew, with a hint.
It draws nothing, keeps nothing and knows no clock.
"""

from shared.compat import const

PARTS = ("address", "mask", "gateway")
DIGITS = const(12)
_ZERO = (0, 0, 0, 0)

# Hints, and None: `words_*` have their texts.
NO_ADDRESS = "bad_address"
NO_MASK = "bad_mask"
NO_GATEWAY = "bad_gateway"
OTHER_NETWORK = "other_network"
ALL_ZERO = "dhcp_next"


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
        address, mask, gateway = [_numbers(digits) for digits in self._digits]
        if self.part == 0:
            return None if address == _ZERO or _is_host(address) else NO_ADDRESS
        if address == _ZERO:  # DHCP: everything is zero
            return None if gateway == _ZERO and mask == _ZERO else ALL_ZERO
        if self.part == 1:
            return None if _is_mask(mask) and _is_inside(address, mask) else NO_MASK
        if gateway == _ZERO:
            return None  # none is needed within one network
        if not _is_host(gateway) or gateway == address:
            return NO_GATEWAY
        if [a & m for a, m in zip(gateway, mask)] != [a & m for a, m in zip(address, mask)]:
            return OTHER_NETWORK
        return None

    def _next(self):
        address, mask, gateway = [_numbers(digits) for digits in self._digits]
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
                "network.address": _text(address),
                "network.mask": _text(mask),
                "network.gateway": _text(gateway),
            }


def _digits(text):
    """Return the twelve digits of an address; zeros when it is none."""
    numbers = text.split(".")
    if len(numbers) != 4:
        numbers = "0000"
    return [int(digit) for number in numbers for digit in "%03d" % int(number)]


def _numbers(digits):
    return tuple([100 * digits[i] + 10 * digits[i + 1] + digits[i + 2] for i in range(0, 12, 3)])


def _text(numbers):
    return ".".join([str(number) for number in numbers])


def _bits(numbers):
    value = 0
    for number in numbers:
        value = value << 8 | number
    return value


def _is_host(address):
    """Whether a device may have this address: not 0.x, loopback, multicast or above."""
    return address[0] not in (0, 127) and address[0] < 224


def _is_mask(mask):
    """Whether the mask is ones, then at least two zeros: 128.0.0.0 to 255.255.255.252."""
    zeros = ~_bits(mask) & 0xFFFFFFFF
    return zeros & (zeros + 1) == 0 and 3 <= zeros < 0xFFFFFFFF


def _is_inside(address, mask):
    """Whether the address is neither the network itself nor its broadcast."""
    rest = ~_bits(mask) & 0xFFFFFFFF
    return 0 < _bits(address) & rest < rest
