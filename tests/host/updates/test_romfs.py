"""The image: as mpremote makes it, and as MicroPython reads it."""

from pathlib import Path

from mpremote.romfs import make_romfs

from host.updates.build import build
from host.updates.romfs import image, layout
from tests.fakes.small_python import run_on_micropython

FILES = {"b/long.txt": b"x" * 20000, "b/c/empty": b"", "start.py": b"WHO = 'rom'\n"}


def test_the_firmware_becomes_the_image_that_mpremote_would_make(tmp_path: Path):
    files = build("twin", tmp_path / "built")
    contents = {path: file.read_bytes() for path, file in files.items()}
    for path, content in contents.items():
        target = tmp_path / "tree" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    assert image(contents) == make_romfs(str(tmp_path / "tree"), mpy_cross=False)


def test_an_image_is_of_an_even_length():
    assert {len(image({"a": bytes(size)})) % 2 for size in range(200)} == {0}


def test_contents_are_told_by_their_path():
    pieces = layout(FILES)
    assert [piece for piece in pieces if isinstance(piece, str)] == sorted(FILES)


def test_micropython_reads_it():
    code = (
        f"import vfs, os\nimage = {image(FILES)!r}\nvfs.mount(vfs.VfsRom(image), '/a')\n"
        "sys.path.insert(0, '/a')\nimport start\n"
        "tell([start.WHO, len(open('/a/b/long.txt').read()), os.stat('/a/b/c/empty')[6]])"
    )
    assert run_on_micropython(code) == ["rom", 20000, 0]
