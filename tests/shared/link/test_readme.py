"""The protocol's description agrees with the code."""

import json
import re
from pathlib import Path
from typing import Any

from shared import errors
from shared.link import records
from shared.link.messages import BOARD

README = (Path(records.__file__).parent / "README.md").read_text()


def examples() -> list[Any]:
    """Return the messages of the example records, each found by the reader."""
    reader = records.RecordReader(2048)
    found = []
    for text in re.findall(r"<RS>(.+)<LF>", README):
        found += reader.feed(b"\x1e" + text.encode() + b"\n")
    assert reader.damaged == 0
    return [json.loads(content) for kind, content in found if kind == records.RECORD]


def test_the_example_records_are_records_of_ours() -> None:
    number, request, answer, refusal, told = examples()
    assert number == 123456789
    BOARD.check_params(request["method"], request["params"])
    BOARD.check_result("clock.set", answer["result"])
    data = refusal["error"]["data"]
    assert errors.from_key(data["key"], "").key == data["key"]
    BOARD.check_notification(told["method"], told["params"])


def test_every_file_is_in_the_map() -> None:
    files = {path.name for path in Path(records.__file__).parent.glob("*.py")} - {"__init__.py"}
    assert set(re.findall(r"^\| `(\w+\.py)`", README, re.MULTILINE)) == files
