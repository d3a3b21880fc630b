"""Opens encrypted telegrams: security mode 5, AES-128-CBC (EN 13757-7:2018 clause 7.6.4).

`shared.mbus.security` finds out from the configuration word what is encrypted and checks that the
key fits; here are the cipher, which boards have not, and the keys by meter. Other modes are named
and refused there. No key is ever put into a message.
"""

from collections.abc import Iterable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from shared.errors import BadSetting
from shared.mbus import telegram

_KEY_SIZE = 16  # bytes


class Keys:
    """AES keys by the identification of the meter, and one for all the others."""

    def __init__(self) -> None:
        self._by_id: dict[str, bytes] = {}
        self._common: bytes | None = None

    def add(self, key: bytes, meter_id: str | None = None) -> None:
        """Add the 16 bytes of `key` for the meter with `meter_id` (8 hex digits), or for all.

        Raises BadSetting when one of them has another length.
        """
        if len(key) != _KEY_SIZE:
            raise BadSetting(f"a key has 32 hex digits, not {2 * len(key)}")
        if meter_id is None:
            self._common = key
        elif len(meter_id) == 8:
            self._by_id[meter_id.upper()] = key
        else:
            raise BadSetting(f"a meter's identification has 8 digits: {meter_id}")

    def of(self, meter_id: str) -> bytes | None:
        """Return the key for the meter with `meter_id`, None where there is none."""
        return self._by_id.get(meter_id.upper(), self._common)


def keys(texts: Iterable[str]) -> Keys:
    """Return the `Keys` of command line arguments: "HEX" for all meters or "ID=HEX" for one.

    Raises BadSetting for anything else.
    """
    found = Keys()
    for text in texts:
        meter_id, _, digits = text.rpartition("=")
        try:
            key = bytes.fromhex(digits)
        except ValueError:
            raise BadSetting("a key has 32 hex digits, or ID=32 hex digits") from None
        found.add(key, meter_id.strip() or None)
    return found


def decode(frame: bytes, known: Keys) -> telegram.Telegram:
    """Return the Telegram of `frame`, opened where it is encrypted and its key is in `known`.

    Raises what `telegram.decode` raises.
    """
    closed = telegram.decode(frame)
    if not closed.signature or closed.id is None:
        return closed
    key = known.of(closed.id)
    return closed if key is None else telegram.decode(frame, key, decrypt)


def decrypt(key: bytes, vector: bytes, data: bytes) -> bytes:
    """Return `data` (whole blocks of 16 bytes) decrypted with `key` and the initial vector."""
    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def encrypt(key: bytes, vector: bytes, data: bytes) -> bytes:
    """Return `data` (whole blocks) encrypted: the way back, for simulated meters and tests."""
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return encryptor.update(data) + encryptor.finalize()
