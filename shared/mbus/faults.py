"""Whether a meter reports a fault of its own: in its status byte or in its error flags.

It walks over the records without decoding them: a board that reads meters has no room for the
decoder beside everything else.

Sources: EN 13757-7:2018 Table 15 (status byte); EN 13757-3:2018 Table 4 (DIF), Table 12 (FDh 17h).
"""

# Power low, permanent error, temporary error. The lowest two bits together are 2 for an application
# error, 3 for an abnormal condition. Busy (1) and the maker's own bits are no alarm. In the fixed
# structure the lowest two bits say something else.
_FAULT_BITS = 0x1C
_APPLICATION_BITS = 0x03
_APPLICATION_BUSY = 0x01
_FIXED_CI = (0x73, 0x77)
ALARM_CI = 0x71

# Where the status byte stands in a long frame, by its CI field.
_STATUS_AT = {0x72: 16, 0x76: 16, 0x73: 12, 0x77: 12, 0x7A: 8}

_RECORDS_AT = {0x72: 19, 0x7A: 11, 0x78: 7}  # by CI, most significant byte last
_LONG = 0x02  # CIs with a configuration word, which ends where the records begin
_ENCRYPTED = (5, 7, 8, 9, 10, 13)  # modes of its upper byte, EN 13757-7:2018 Table 19
_SIZES = (0, 1, 2, 3, 4, 4, 6, 8, 0, 1, 2, 3, 4, None, 6, 0)  # of data, by DIF; None: LVAR tells
_IDLE = 0x2F
_PLAIN_TEXT = 0x7C  # a VIF whose words follow it
_FLAGS_VIF = b"\xfd\x17"


def status_tells_fault(ci: int, status: int) -> bool:
    """Tell whether the status byte of a telegram with this CI field reports a fault."""
    application = 0 if ci in _FIXED_CI else status & _APPLICATION_BITS
    return bool(status & _FAULT_BITS) or application > _APPLICATION_BUSY


def tells_fault(frame: bytes) -> bool:
    """Tell whether a meter's telegram (a whole frame, checked) reports a fault of the meter.

    That is an alarm telegram (CI 71h), the status byte, or a bit in the present error flags.
    """
    ci = frame[6]
    if ci == ALARM_CI:
        return True
    at = _STATUS_AT.get(ci)
    if at is not None and at < len(frame) - 2 and status_tells_fault(ci, frame[at]):
        return True
    return _FLAGS_VIF in frame and _flag_is_up(frame)


def _flag_is_up(frame):
    """Tell whether the records of `frame` have error flags of the present that are not all 0."""
    at, end = _RECORDS_AT.get(frame[6]), len(frame) - 2
    if at is None or (frame[6] & _LONG and frame[at - 1] & 0x1F in _ENCRYPTED):
        return False
    while at < end:
        dif = frame[at]
        if dif & 0x0F == 0x0F:
            if dif != _IDLE:
                return False  # the maker's own data, to the end
            at += 1
            continue
        present = not dif & 0x40
        while frame[at] & 0x80 and at < end:
            at += 1
            present = present and not frame[at] & 0x0F
        vif = at = at + 1
        while frame[at] & 0x80 and at < end:
            at += 1
        flags = frame[vif : vif + 2] == _FLAGS_VIF
        if frame[vif] & 0x7F == _PLAIN_TEXT:
            at += 1 + frame[at + 1] if at + 1 < end else 1
        at += 1
        size = _SIZES[dif & 0x0F]
        if size is None:
            size = _variable(frame[at])
            at += 1
        if flags and present and any(frame[at : min(at + size, end)]):
            return True
        at += size
    return False


def _variable(lvar):
    """Return the bytes of data behind `lvar`, EN 13757-3:2018 Table 5."""
    if lvar < 0xC0:
        return lvar
    return lvar & 0x0F if lvar < 0xF0 else 4 * (lvar - 0xEC)
