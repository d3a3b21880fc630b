"""Codes of application errors have a meaning, known or not."""

from shared.mbus.application_errors import error_code, error_text
from shared.mbus.frames import long_frame


def test_code_and_text():
    assert error_code(long_frame(8, 1, 0x70, b"\x09\x00")) == 9
    assert error_code(long_frame(8, 1, 0x70, b"")) == 0
    assert error_text(0) == "Unspecified error"
    assert error_text(8) == "Application busy"
    assert error_text(0x55) == "Application error 55h"
    assert all(error_text(code) for code in range(256))
