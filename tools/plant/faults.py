"""What a meter can do wrong, one row per fault.

A fault is a dict, as it stands in a population file and on the control port: {"kind": ...} and the
arguments of its row. Each may also have "probability" (0 to 1, default 1) and "times" (how many
answers it spoils before it mends itself; default: for ever).
"""

from random import Random
from typing import Any, NamedTuple

from shared.mbus import frames
from tools.plant.clock import ticks


class Answer(NamedTuple):
    """What a meter is about to send; `data` is empty when it keeps silent."""

    data: bytes
    delay: int  # ticks, on top of the meter's own delay
    tries: int = 1  # which request for data this is since the last that was answered


def _silent(answer: Answer, fault: dict[str, Any], rng: Random) -> Answer:
    return answer._replace(data=b"")


def _slow(answer: Answer, fault: dict[str, Any], rng: Random) -> Answer:
    return answer._replace(delay=answer.delay + ticks(fault.get("ms", 500) / 1000))


def _checksum(answer: Answer, fault: dict[str, Any], rng: Random) -> Answer:
    data = bytearray(answer.data)
    data[-2] ^= 0x55
    return answer._replace(data=bytes(data))


def _truncated(answer: Answer, fault: dict[str, Any], rng: Random) -> Answer:
    keep = fault.get("bytes", len(answer.data) // 2)
    return answer._replace(data=answer.data[:keep])


def _wrong_address(answer: Answer, fault: dict[str, Any], rng: Random) -> Answer:
    data = bytearray(answer.data)
    data[5] = (data[5] + 1) & 0xFF
    return answer._replace(data=_checked(data))


def _wrong_id(answer: Answer, fault: dict[str, Any], rng: Random) -> Answer:
    data = bytearray(answer.data)
    low = data[7] & 0x0F
    data[7] = (data[7] & 0xF0) | (low + 1) % 10
    return answer._replace(data=_checked(data))


def _nth(answer: Answer, fault: dict[str, Any], rng: Random) -> Answer:
    return answer if answer.tries >= fault.get("n", 2) else answer._replace(data=b"")


def _rubbish(answer: Answer, fault: dict[str, Any], rng: Random) -> Answer:
    return answer._replace(data=rng.randbytes(fault.get("bytes", len(answer.data))))


def _application_error(answer: Answer, fault: dict[str, Any], rng: Random) -> Answer:
    code = bytes([fault.get("code", 8)])
    return answer._replace(data=frames.long_frame(frames.RSP_UD, answer.data[5], 0x70, code))


def _checked(data: bytearray) -> bytes:
    """Return a long frame with its checksum made right again."""
    data[-2] = sum(data[4:-2]) & 0xFF
    return bytes(data)


# kind: (what it does, its argument and the range of it or None, whether it spoils an E5 too)
FAULTS: dict[str, tuple[Any, tuple[str, float, float] | None, bool]] = {
    "silent": (_silent, None, True),
    "slow": (_slow, ("ms", 0, 60_000), True),
    "checksum": (_checksum, None, False),
    "truncated": (_truncated, ("bytes", 0, 260), False),
    "wrong_address": (_wrong_address, None, False),
    "wrong_id": (_wrong_id, None, False),
    "nth": (_nth, ("n", 1, 100), False),
    "rubbish": (_rubbish, ("bytes", 0, 1000), True),
    "application_error": (_application_error, ("code", 0, 255), False),
}


def check(fault: Any) -> dict[str, Any] | None:
    """Return a fault (dict, its bare kind, or None) checked and whole.

    ValueError, naming what is wrong, for an unknown kind or argument or a value out of range.
    """
    if fault is None:
        return None
    if isinstance(fault, str):
        fault = {"kind": fault}
    if not isinstance(fault, dict) or str(fault.get("kind")) not in FAULTS:
        raise ValueError(f"no such fault: {fault!r} ({', '.join(FAULTS)})")
    ranges: dict[str, tuple[float, float]] = {"probability": (0, 1), "times": (1, 1_000_000)}
    argument = FAULTS[fault["kind"]][1]
    if argument is not None:
        ranges[argument[0]] = argument[1:]
    for key, value in fault.items():
        if key == "kind":
            continue
        if key not in ranges:
            raise ValueError(f"fault {fault['kind']} has no argument {key!r}")
        least, most = ranges[key]
        whole = key == "probability" or isinstance(value, int)
        if isinstance(value, bool) or not isinstance(value, int | float) or not whole:
            raise ValueError(f"fault {fault['kind']}: {key} must be a number, not {value!r}")
        if not least <= value <= most:
            raise ValueError(f"fault {fault['kind']}: {key} must be {least} to {most}")
    return dict(fault)


def apply(answer: Answer, fault: dict[str, Any] | None, rng: Random) -> Answer:
    """Return `answer` as `fault` (checked) leaves it; counts the fault's "times" down."""
    if fault is None or fault.get("times", 1) <= 0:
        return answer
    spoil, _, acks_too = FAULTS[fault["kind"]]
    if len(answer.data) == 1 and not acks_too:
        return answer
    if rng.random() >= fault.get("probability", 1):
        return answer
    if "times" in fault:
        fault["times"] -= 1
    return spoil(answer, fault, rng)
