"""What a DIF and its DIFEs mean: coding, function, storage number, tariff, subunit.

EN 13757-3:2018 6.3. `CODINGS` is the table of the decoder's loop; the rest reads a DIB when
somebody asks, for most records of most readings nobody does.
"""

from shared.compat import const

# CODINGS[dif]: 0..8 so many bytes of binary; 16 + n: n bytes of BCD; then:
BCD = const(16)
REAL = const(32)
LVAR = const(33)
SPECIAL = const(48)

_FIELDS = (0, 1, 2, 3, 4, REAL, 6, 8, 0, BCD + 1, BCD + 2, BCD + 3, BCD + 4, LVAR, BCD + 6, SPECIAL)
CODINGS = bytes([_FIELDS[dif & 15] for dif in range(256)])

# PAIRS[byte]: the number 0-99 of two BCD digits; 255 where one of them is none.
PAIRS = bytes(
    [
        (byte >> 4) * 10 + (byte & 15) if (byte & 15) < 10 and byte < 0xA0 else 255
        for byte in range(256)
    ]
)

# Of the special functions xFh the decoder's loop knows 0Fh and 1Fh (manufacturer data to the end;
# the second: more telegrams follow) and 2Fh (idle filler) itself.
GLOBAL_READOUT = const(0x7F)

MOST_EXTENSIONS = const(10)  # DIFEs, and VIFEs, of one record

FUNCTIONS = ("instantaneous", "maximum", "minimum", "error")


def function(dif):
    """Return the index into FUNCTIONS that `dif` (byte) means; special functions have none: 0."""
    return 0 if dif & 15 == 15 else dif >> 4 & 3


def numbers(frame, pos):
    """Return (storage, tariff, subunit) of the DIB at `pos` in `frame`; at most 10 DIFEs count."""
    dif = frame[pos]
    if dif & 15 == 15:
        return 0, 0, 0
    storage = dif >> 6 & 1
    tariff = subunit = shift = 0
    while dif & 0x80 and shift < MOST_EXTENSIONS:
        pos += 1
        dif = frame[pos]
        storage |= (dif & 15) << (1 + 4 * shift)
        tariff |= (dif >> 4 & 3) << (2 * shift)
        subunit |= (dif >> 6 & 1) << shift
        shift += 1
    return storage, tariff, subunit
