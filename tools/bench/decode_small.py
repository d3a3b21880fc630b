"""The half of `bench decode` that runs on MicroPython: prints one line of JSON with its figures."""

import gc
import json
import time

gc.collect()
_before = gc.mem_alloc()
from shared.mbus import telegram  # noqa: E402

gc.collect()
_decoder = gc.mem_alloc() - _before
from shared import reading  # noqa: E402
from shared.mbus import report  # noqa: E402, F401

gc.collect()
_texts = gc.mem_alloc() - _before


def frames():
    found = []
    with open("frames", "rb") as file:
        while True:
            head = file.read(2)
            if not head:
                return found
            found.append(file.read(head[0] << 8 | head[1]))


def rate(found, seconds):
    """Return telegrams/s of the process's own time, decoding `found` with every value."""
    decode, scaled, unit = telegram.decode, reading.scaled, reading.unit
    count = 0
    started = time.clock()
    while True:
        for frame in found:
            for record in decode(frame).records:
                scaled(record)
                unit(record)
        count += len(found)
        took = time.clock() - started
        if took >= seconds:
            return count / took


print(json.dumps({"decoder": _decoder, "texts": _texts, "rate": rate(frames(), 0.3)}))
