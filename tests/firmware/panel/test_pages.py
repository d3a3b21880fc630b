"""The LCD's pages: pixel by pixel as in tests/golden/lcd, and nothing written over anything else.

To renew the pictures after a change that is meant, and look at them before they are committed:

    python -m tests.firmware.panel.test_pages
"""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from firmware.panel import more_pages as more
from firmware.panel import pages, text_width, words_de, words_en, words_fr
from firmware.panel import urgent_pages as urgent
from firmware.panel.more_pages import _moment
from firmware.panel.words import Words
from tests.firmware.panel import panel_pictures
from tools.plant import lcd

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "lcd"
LANGUAGES = ("de", "en", "fr")
NAMES = [
    f"{name}_{language}"
    for name, languages, _ in panel_pictures.PAGES
    for language in languages.split()
]


def drawn() -> dict[str, bytes]:
    """Return every picture as real MicroPython draws it."""
    program = shutil.which("micropython")
    assert program, "micropython is not on PATH: run tools/test"
    code = "import sys; sys.path.insert(0, ''); "
    code += "from tests.firmware.panel import panel_pictures as them"
    done = subprocess.run(
        [program, "-X", "heapsize=400k", "-c", code + "; them.main()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    pictures = [line.split(" ") for line in done.stdout.splitlines()]
    assert all(len(row) == 2 for row in pictures), done.stdout[-2000:] + done.stderr
    return {name: bytes.fromhex(dots) for name, dots in pictures}


@pytest.fixture(scope="module")
def pictures() -> dict[str, bytes]:
    return drawn()


@pytest.mark.parametrize("name", ["characters", *NAMES])
def test_a_page_looks_as_it_did(name: str, pictures: dict[str, bytes], tmp_path: Path):
    path = GOLDEN / f"{name}.png"
    if path.exists() and pictures[name] == lcd.read_dots(path.read_bytes()):
        return
    now = tmp_path / f"{name}.png"
    now.write_bytes(lcd.picture(pictures[name]))
    pytest.fail(
        f"{name} is not as in {path.relative_to(ROOT)}; now it is {now}:\n"
        f"{lcd.text(pictures[name])}\n"
        "if this is meant: python -m tests.firmware.panel.test_pages"
    )


def test_no_picture_is_left_over(pictures: dict[str, bytes]):
    assert {path.stem for path in GOLDEN.glob("*.png")} == set(pictures)


def boxes(steps: list[Any]) -> list[tuple[int, int, int, int, str]]:
    """Return where each text stands: left, top, right, bottom, and what it is."""
    found = []
    for kind, *rest in steps:
        if kind in ("text", "right", "centred"):
            width = text_width.text_width(rest[0])
            left = {"text": rest[1], "right": rest[1] - width, "centred": (128 - width) // 2}[kind]
            top = rest[1] if kind == "centred" else rest[2]
            found.append((left, top, left + width, top + 8, rest[0]))
        elif kind in ("big", "chosen"):
            scale = rest[3] if len(rest) > 3 else 1
            width = text_width.big_width(rest[0], scale)
            found.append((rest[1], rest[2], rest[1] + width, rest[2] + 14 * scale, rest[0]))
        elif kind == "large":
            width = rest[2] * text_width.text_width(rest[0])
            left = (128 - width) // 2
            found.append((left, rest[1], left + width, rest[1] + 8 * rest[2], rest[0]))
        elif kind == "fill" and rest[4:] == [0]:  # wiped out
            found = [box for box in found if not overlap(box, rest)]
    return [box for box in found if box[4]]


def overlap(box: tuple[int, int, int, int, str], area: list[int]) -> bool:
    """Tell whether a text touches `area`: left, top, width, height."""
    left, top, width, height = area[:4]
    right, bottom = left + width, top + height
    return box[0] < right and box[2] > left and box[1] < bottom and box[3] > top


class Spy(Words):
    """Words that remember which of them were asked for."""

    def __init__(self, language: str) -> None:
        super().__init__(language)
        self.given: set[str] = set()

    def __getitem__(self, key: str) -> str:
        word = super().__getitem__(key)
        self.given.add(word)
        return word


PAGES = [
    pytest.param(steps, language, id=f"{name}_{language}")
    for name, languages, steps in panel_pictures.PAGES
    for language in languages.split()
]


@pytest.mark.parametrize(("steps", "language"), PAGES)
def test_no_text_leaves_the_page_or_stands_on_another(steps: Any, language: str):
    there = boxes(steps(Words(language)))
    assert there
    for box in there:
        left, top, right, bottom, text = box
        assert left >= 0, text
        assert top >= 0, text
        assert right <= 128, text
        assert bottom <= 64, text
        for other in there:
            apart = box is other or other[0] >= right or other[2] <= left
            assert apart or other[1] >= bottom or other[3] <= top, (text, other[4])


@pytest.mark.parametrize(("steps", "language"), PAGES)
def test_no_word_is_cut_off(steps: Any, language: str):
    words = Spy(language)
    for *_, text in boxes(steps(words)):
        longer = [word for word in words.given if word.startswith(text) and word != text]
        cut = [word for word in longer if word[len(text)] != " "]
        assert len(text) < 5 or text in words.given or not cut, (text, cut)


@pytest.mark.parametrize(("steps", "language"), PAGES)
def test_no_text_touches_a_frame(steps: Any, language: str):
    page = steps(Words(language))
    for left, top, width, height in [step[1:] for step in page if step[0] == "frame"]:
        for box in boxes(page):
            if overlap(box, [left, top, width, height]):
                assert left + 2 <= box[0], box[4]
                assert box[2] <= left + width - 2, box[4]


def test_every_language_has_the_same_words_and_the_font_has_them():
    keys = []
    for module in (words_de, words_en, words_fr):
        rows = [line.split("=", 1) for line in module.TEXT.strip().split("\n")]
        keys.append([key for key, _ in rows])
        for key, text in rows:
            assert 0 < len(text) <= 21, (module.__name__, key)
            assert not set(text) - set(_characters()), (module.__name__, key)
    assert len(set(keys[0])) == len(keys[0]) > 50
    assert keys[0] == keys[1] == keys[2]


def test_a_word_that_is_not_there():
    with pytest.raises(KeyError):
        Words("de")["nothing"]
    assert Words("de").get("nothing", "x") == "x"


def _characters() -> str:
    from firmware.panel import font

    return "".join(map(chr, range(32, 127))) + font.MORE


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "ON"),
        ({"logger": {"running": False}}, "OFF"),
        ({"scan": panel_pictures.SCAN}, "SCAN"),
        ({"scan": panel_pictures.SCAN_DONE}, "ON"),
        ({"converter": {"active": True}}, "[<-->]"),
        ({"buses": [panel_pictures.SHORTED]}, "ALARM"),
        ({"buses": [panel_pictures.SHORTED], "scan": panel_pictures.SCAN}, "ALARM"),
        ({"storage": {"missing": True}}, "OFF"),
        ({"storage": {"missing": True}, "scan": panel_pictures.SCAN}, "OFF"),
    ],
)
def test_the_state_in_one_word(changes: dict[str, Any], word: str):
    assert pages.state_word(panel_pictures.view(**changes)) == word


def test_missing_storage_says_so_in_the_words_of_the_manual():
    view = {"storage": {"missing": True}}
    assert pages.urgent(view, True) == "off_page"
    steps = urgent.off_page(view, Words("fr"))
    texts = [box[4] for box in boxes(steps)]
    assert {"OFF", "MMC Missing"} <= set(texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_can_be_drawn_before_anything_is_known(language: str):
    words = Words(language)
    for page in (pages.state_page, more.bus_page, more.inputs_page, more.errors_page):
        assert page({}, words)
    assert more.web_page({}, words)
    assert more.system_page({}, words)
    assert pages.urgent({"logger": {"running": True}}, True) is None


def test_the_days_of_130_years():
    for day in range(0, 47482, 17):  # to 2099
        moment = datetime.fromtimestamp(86400 * day + 45296, UTC)
        assert _moment(86400 * day + 45296) == moment.strftime("%d.%m. %H:%M")


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    made = drawn()
    for old in GOLDEN.glob("*.png"):
        old.unlink()
    for name, dots in made.items():
        (GOLDEN / f"{name}.png").write_bytes(lcd.dots_png(dots))
