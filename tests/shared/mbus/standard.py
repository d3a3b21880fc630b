"""How the tests of the standard speak: bytes of data records in, records of decode_telegram out."""

from decimal import Decimal

from shared.mbus import report, telegram

HEADER = bytes.fromhex("7856341224400107 55 00 0000")


def frame(data, ci=0x72, head=HEADER):
    """Return a whole RSP_UD with `data` (bytes) behind the header `head`."""
    body = bytes((0x08, 0x01, ci)) + head + data
    return bytes((0x68, len(body), len(body), 0x68)) + body + bytes((sum(body) & 0xFF, 0x16))


def records(hexes, **kwargs):
    """Return the records (dicts of decode_telegram) of the data records in hex `hexes`."""
    whole = report.as_dict(telegram.decode(frame(bytes.fromhex(hexes), **kwargs)))
    assert whole["ok"], whole["error"]
    return whole["records"]


def only(hexes):
    """Return the one record of `hexes`."""
    found = records(hexes)
    assert len(found) == 1, found
    return found[0]


def unread(record, raw):
    """Assert that `record` is told as its bytes, with a reason."""
    assert (record["value"], record["raw"]) == (raw.lower(), raw.lower())
    assert record["error"]


def number(exponent, mantissa=1234, factor=1):
    """Return the exact decimal text of mantissa * factor * 10**exponent, as decode_telegram's."""
    text = format(Decimal(mantissa * factor).scaleb(exponent), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


# first VIF code, codes in the row, quantity, unit, exponent of the first code. Table 10.


def minutes(text):
    """Cut seconds that are nought: type F has none, and writing them is a matter of taste."""
    return text[:-3] if len(text) == 19 and text.endswith(":00") else text
