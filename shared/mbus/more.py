"""Does the meter have more to say? The one question the bus asks about a telegram's records.

DIF 1Fh after the last record means that more records follow in the next telegram (EN 13757-3:2018
Table 4). It is found by stepping over the records before it, without decoding them: the board reads
meters without carrying the decoder's tables.
"""

_FIRST_RECORD = {0x72: 19, 0x76: 19, 0x78: 7, 0x7A: 11}  # CI -> where the records begin
_SIZES = (0, 1, 2, 3, 4, 4, 6, 8, 0, 1, 2, 3, 4, 0, 6, 0)  # data field of the DIF -> bytes
_VARIABLE = 0x0D


def has_more(frame):
    """Tell whether more records follow in the meter's next telegram.

    frame: a checked long frame. Encrypted or unreadable records count as the last ones.
    """
    at = _FIRST_RECORD.get(frame[6])
    end = len(frame) - 2
    if at is None or at >= end or _is_encrypted(frame, at, end):
        return False
    while at < end:
        dif = frame[at]
        if dif & 0x0F == 0x0F:
            if dif != 0x2F:  # 2Fh fills up, any other ends the records
                return dif == 0x1F
            at += 1
        else:
            at = _after_record(frame, at, end)
    return False


def _is_encrypted(frame, first, end):
    """Tell whether the configuration word says that the records are encrypted.

    An old meter's signature (FFFFh, B627h) looks like one but leaves no such number of blocks.
    """
    if first < 11:
        return False
    word = frame[first - 2] | frame[first - 1] << 8
    blocks = word >> 4 & 0x0F
    return word >> 8 & 0x1F in (5, 7) and 0 < blocks * 16 <= end - first


def _after_record(frame, at, end):
    """Return where the record at `at` ends; `end` or more when it is cut off."""
    data = frame[at] & 0x0F
    at = _after_extensions(frame, at, end)
    if at >= end:
        return end
    if frame[at] & 0x7F == 0x7C:
        at = _after_plain_text(frame, at, end)
    else:
        at = _after_extensions(frame, at, end)
    if data != _VARIABLE:
        return at + _SIZES[data]
    return at + 1 + _variable_size(frame[at]) if at < end else end


def _after_extensions(frame, at, end):
    """Return what follows the byte at `at` and the extensions that bit 7 announces."""
    while at < end and frame[at] & 0x80:
        at += 1
    return at + 1


def _after_plain_text(frame, at, end):
    """Return what follows a VIF 7Ch or FCh, its text and its VIFEs, in whichever order they are."""
    text_first = not frame[at] & 0x80 or _is_text(frame, at + 1, end)
    if text_first:
        extended = frame[at] & 0x80
        at += 1
        at += 1 + frame[at] if at < end else 0
        return _after_extensions(frame, at, end) if extended else at
    at = _after_extensions(frame, at, end)
    return at + 1 + frame[at] if at < end else end


def _is_text(frame, at, end):
    """Tell whether a length and as many printable characters stand at `at`."""
    size = frame[at] if at < end else 0
    printable = [0x20 <= byte < 0x7F or byte >= 0xA0 for byte in frame[at + 1 : at + 1 + size]]
    return 0 < size == len(printable) and at + 1 + size < end and all(printable)


def _variable_size(lvar):
    """Return the bytes of data after the length byte `lvar` (EN 13757-3:2018 Table 5)."""
    if lvar < 0xC0:
        return lvar
    if lvar < 0xF0:
        return lvar & 0x0F
    return {0xF5: 48, 0xF6: 64}.get(lvar, 4 * (lvar - 0xEC))
