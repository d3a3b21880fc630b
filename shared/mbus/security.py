"""Which telegrams are encrypted, and their opening when there is a key.

A configuration word that is not zero does not make an encrypted telegram: old meters send FFFFh or
B627h as a signature. It does when its mode is one of EN 13757-7 and its length fits what follows.
The cipher itself is the caller's: boards have none to spare.

Source: EN 13757-7:2018 clause 7.6 and Tables 18-24 (mode 5: AES-128-CBC, the address as IV).
"""

from shared.mbus import records

_FILLED = b"\x2f\x2f"  # what every plain text of mode 5 begins with


def encrypted_size(word, plain, left):
    """Return how many of the `left` bytes are encrypted: 0 when the telegram is plain.

    `word` is the configuration word, `plain` the first two bytes after the header.
    """
    mode = word >> 8 & 31
    if plain == _FILLED or left == 0:
        return 0
    if mode in (2, 3):  # DES-CBC: the low byte counts the encrypted bytes
        size = word & 0xFF
        return size if size and size % 8 == 0 and size <= left else 0
    if mode in (4, 5):  # AES-128-CBC: the number of blocks of 16 bytes stands in bits 4-7
        size = (word >> 4 & 15) * 16
        return size if size <= left else 0
    if mode == 7:  # the same with a key of its own, told by one more byte of configuration
        size = (word >> 4 & 15) * 16
        return size + 1 if 0 < size < left else 0
    return 0


def open_records(frame, pos, end, header, big, key, decrypt):
    """Return (frame to read on in, records made, where to read on) of a telegram at `pos`.

    Encrypted bytes are replaced by plain ones when `key` and `decrypt` open them (the first two
    must be 2Fh then); else they become one record with the reason, and what stands behind them is
    read as usual.
    """
    word = int.from_bytes(frame[pos - 2 : pos], "big" if big else "little")
    size = encrypted_size(word, frame[pos : pos + 2], end - pos)
    if not size:
        return frame, [], pos
    mode = word >> 8 & 31
    stop = pos + size
    if mode != 5:
        reason = "encrypted (mode %d): only mode 5 can be decrypted" % mode
    elif key is None or decrypt is None:
        reason = "encrypted (mode 5), no key"
    elif header != 12:
        reason = "encrypted (mode 5) with a short header: the address for it is not known"
    else:
        plain = decrypt(key, initial_vector(frame), frame[pos:stop])
        if plain[:2] == _FILLED:
            return frame[:pos] + plain + frame[stop:], [], pos
        reason = "encrypted (mode 5): wrong key"
    return frame, [(frame, pos, pos, pos, stop, records.BROKEN, reason, 0)], stop


def initial_vector(frame):
    """Return the 16 bytes of the IV of mode 5: maker, id, version, medium, 8 x access number."""
    return frame[11:13] + frame[7:11] + frame[13:15] + frame[15:16] * 8
