"""What a VIF and its VIFEs make of the data: kind, power of ten, addend. Words are `meanings`'.

`SCALES`, `FD_SCALES`, `FB_SCALES` and `known` are short cuts of the decoder's loop: what it needs
of a VIB as one small number, 0-199 a number's power of ten + 100, and the codes below.
"""

from shared.compat import ROOMY, const
from shared.mbus.vif_tables import BYTES, DATE, FB, FD, FDFD, KINDS, NUMBER, PRIMARY, UNSIGNED

SCALE_DATE = const(250)
SCALE_FD = const(251)  # look into FD_SCALES
SCALE_FB = const(252)
SCALE_TEXT = const(253)  # look into `known`, behind the plain text
SCALE_EXTENDED = const(254)  # look into `known`
SCALE_SLOW = const(255)  # not for the loop

# What a VIFE does (EN 13757-3:2018 Table 15): 0-199 scales by the power of ten + 100, or
_TO_DATE = const(200)
_TO_COUNT = const(201)
_TO_DURATION = const(202)
_TO_BYTES = const(203)
_ADDS = const(204)


def _read_table(table):
    """Return (scales, kinds) of `table`, 128 bytes each; reserved codes are bytes.

    The power of a duration is 0: its unit is `meanings`' business.
    """
    scales = bytearray(b"\x64" * 128)
    kinds = bytearray(bytes((BYTES,)) * 128)
    for row in table.split("\n")[:-1]:
        first, kind, power = int(row[:2], 16), KINDS.index(row[6]), row[8:].split(" ", 1)[0]
        for code in range(first, int(row[3:5], 16) + 1):
            kinds[code] = kind
            if kind == DATE:
                scales[code] = SCALE_DATE
            elif power[-1] <= "9":
                scales[code] = 100 + int(power) + code - first
    return bytes(scales), bytes(kinds)


def _first_scales(primary):
    scales = bytearray(primary + bytes((SCALE_EXTENDED,)) * 128)
    scales[0xFD] = SCALE_FD
    scales[0xFB] = SCALE_FB
    scales[0x7C] = SCALE_TEXT
    for vif in (0x7B, 0x7D, 0xFC):
        scales[vif] = SCALE_SLOW
    return bytes(scales)


def _effects():
    effects = bytearray(b"\x64" * 128)
    for vife in range(0x70, 0x78):
        effects[vife] = 100 + vife - 0x76
    effects[0x7D] = 103
    for vife in range(0x78, 0x7C):
        effects[vife] = _ADDS
    for vife in range(0x50, 0x68):
        effects[vife] = _TO_DURATION
    for vife in (0x39, 0x42, 0x43, 0x46, 0x47, 0x4A, 0x4B, 0x4E, 0x4F, 0x6A, 0x6B, 0x6E, 0x6F):
        effects[vife] = _TO_DATE
    for vife in (0x13, 0x1E, 0x1F):
        effects[vife] = _TO_BYTES
    effects[0x41] = effects[0x49] = _TO_COUNT
    return bytes(effects)


_PRIMARY_SCALES, _KINDS = _read_table(PRIMARY)
SCALES = _first_scales(_PRIMARY_SCALES)
FD_SCALES, _FD_KINDS = _read_table(FD)
FB_SCALES, _FB_KINDS = _read_table(FB)
_EFFECTS = _effects()

# Entries kept: a bus with more kinds of VIB than that only gets slower. The keys are integers and
# small ones at that: on a board, objects that stay among garbage leave no room for large ones.
_KNOWN = 2048 if ROOMY else 64
_LONGEST_KEY = const(7)
known = {}  # VIB with extensions, as an integer, last byte highest -> entry as in SCALES


def scale(vib):
    """Return the entry of SCALES for a `vib` with extensions or text; `known` may have it then."""
    if vib[0] == 0x7C:
        return 100
    kind, power, addend = amount(vib)
    found = SCALE_SLOW
    if len(vib) > 11:  # more than 10 VIFEs
        pass
    elif kind == DATE:
        found = SCALE_DATE
    elif addend is None and -100 <= power < 100:
        found = 100 + power
    if len(vib) <= _LONGEST_KEY:
        if len(known) >= _KNOWN:
            known.clear()
        known[int.from_bytes(vib, "little")] = found
    return found


def is_signed(frame, pos, end):
    """Tell whether binary data of the VIB in `frame[pos:end]` are signed (type B, not C or D)."""
    if end - pos == 1:
        return _KINDS[frame[pos]] != UNSIGNED
    if end - pos == 2 and frame[pos] == 0xFD:
        return _FD_KINDS[frame[pos + 1]] != UNSIGNED
    return amount(frame[pos:end])[0] != UNSIGNED


def parts(vib):
    """Return (table, code, VIFEs) of `vib`: which table of `vif_tables` holds it, and where.

    Plain text and the reserved extension EFh have no table: None.
    """
    vif = vib[0]
    if vif & 0x7F == 0x7C:
        return None, 0x7C, plain_text(vib)[1]
    if vif == 0xFF:  # the manufacturer's, VIFEs and all
        return PRIMARY, 0x7F, b""
    if vif in (0xFD, 0xFB, 0xEF) and len(vib) > 1:
        code = vib[1] & 0x7F
        if vif == 0xFD and vib[1] == 0xFD and len(vib) > 2:
            return FDFD, vib[2] & 0x7F, vib[3:]
        return FD if vif == 0xFD else FB if vif == 0xFB else None, code, vib[2:]
    return PRIMARY, vif & 0x7F, vib[1:]


def amount(vib) -> "tuple[int, int, tuple[int, int] | None]":
    """Return (kind, power of ten, addend) of `vib` (bytes: VIF, plain text and VIFEs).

    The value is data x 10**power + addend, in the VIF's unit; `addend` is (mantissa, exponent) or
    None. An additive constant counts in the VIF's unit, whatever the correction factors are.
    """
    table, code, vifes = parts(vib)
    if table is PRIMARY:
        kind, power = _KINDS[code], _PRIMARY_SCALES[code] - 100
    elif table is FD:
        kind, power = _FD_KINDS[code], FD_SCALES[code] - 100
    elif table is FB:
        kind, power = _FB_KINDS[code], FB_SCALES[code] - 100
    else:
        kind, power = BYTES if table is None and code != 0x7C else NUMBER, 0
    if kind == DATE:
        power = 0
    correction = 0
    added = 0  # in thousandths of the VIF's unit
    for vife in combinable(vifes):
        effect = _EFFECTS[vife] if vife < 128 else 100
        if effect < 200:
            correction += effect - 100
        elif effect == _ADDS:
            added += 10 ** (vife & 3)
        else:
            power = 0
            kind = DATE if effect == _TO_DATE else BYTES if effect == _TO_BYTES else NUMBER
    return kind, power + correction, (added, power - 3) if added else None


def combinable(vifes):
    """Return the codes (0..127) of `vifes`, those of the table behind FCh plus 128.

    7Fh ends them: the VIFEs behind it are the manufacturer's.
    """
    codes = []
    extended = 0
    for vife in vifes:
        vife &= 0x7F
        if vife == 0x7C and not extended:
            extended = 128
            continue
        codes.append(vife + extended)
        if vife == 0x7F and not extended:
            break
        extended = 0
    return codes


def turns(vife):
    """Tell whether `vife` (0..127) makes a date or a count of the value: then the unit is gone."""
    return _EFFECTS[vife] in (_TO_DATE, _TO_COUNT)


def lasts(vife):
    """Tell whether `vife` (0..127) makes a duration of the value, in the unit of its two bits."""
    return _EFFECTS[vife] == _TO_DURATION


def plain_text(vib):
    """Return (text, VIFEs) of a VIB whose VIF is 7Ch or FCh; see `plain_text_end` for the order."""
    if vib[0] & 0x80 and not _text_first(vib, 0, len(vib)):
        at = 1
        while vib[at] & 0x80:
            at += 1
        return text(vib[at + 2 :]), vib[1 : at + 1]
    return text(vib[2 : 2 + vib[1]]), vib[2 + vib[1] :]


def text(data, little=True):
    """Return `data` (bytes, last character first if `little`) as text of latin-1 characters."""
    return "".join([chr(byte) for byte in (reversed(data) if little else data)])


def plain_text_end(frame, pos, end):
    """Return where the VIB ends whose VIF 7Ch or FCh stands at `pos`; more than `end`: cut off.

    The text (length, characters last first) stands before the VIFEs at some makers and after
    them at others: the order is taken in which the text is printable.
    """
    if not frame[pos] & 0x80:
        return pos + 2 + frame[pos + 1]
    if _text_first(frame, pos, end):
        pos += 2 + frame[pos + 1]
        while pos < end and frame[pos] & 0x80:
            pos += 1
        return pos + 1
    pos += 1
    while pos < end and frame[pos] & 0x80:
        pos += 1
    return pos + 2 + frame[pos + 1] if pos + 1 < end else end + 1


def _text_first(frame, pos, end):
    """Tell whether the text of the VIF FCh at `pos` stands before its VIFEs."""
    size = frame[pos + 1] if pos + 1 < end else 0
    if _printable(frame, pos + 2, size, end - 1):
        return True
    pos += 1
    while pos < end and frame[pos] & 0x80:
        pos += 1
    if pos + 1 >= end:
        return True
    return not _printable(frame, pos + 2, frame[pos + 1], end)


def _printable(frame, pos, size, end):
    if size == 0 or pos + size > end:
        return False
    for at in range(pos, pos + size):
        byte = frame[at]
        if byte < 0x20 or 0x7F <= byte < 0xA0:
            return False
    return True
