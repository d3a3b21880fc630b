"""What a meter means by the code of an application error, CI 70h (EN 13757-3:2018 Table 9)."""

_TEXTS = {
    0x00: "Unspecified error",
    0x01: "Unimplemented CI-Field",
    0x02: "Buffer too long, truncated",
    0x03: "Too many records",
    0x04: "Premature end of record",
    0x05: "More than 10 DIFEs",
    0x06: "More than 10 VIFEs",
    0x07: "Reserved",
    0x08: "Application busy",
    0x09: "Too many readouts",
    0x10: "Access denied",
    0x11: "Application or command unknown",
    0x12: "Parameter missing or wrong",
    0x13: "Unknown receiver address",
    0x14: "Decryption key failed",
    0x15: "Encryption method not supported",
    0x16: "Signature method not supported",
    0xF0: "Dynamic application error",
}


def error_code(frame):
    """Return the code (0..255) in `frame`, a checked frame with CI 70h; 0 where it has none."""
    return frame[7] if len(frame) > 9 else 0


def error_text(code):
    """Return the meaning of `code` (0..255) as English text."""
    return _TEXTS.get(code) or "Application error %02Xh" % code
