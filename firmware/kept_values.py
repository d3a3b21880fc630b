"""Small values that outlive a power cut: each in a file of its own, replaced in one step.

LittleFS replaces a file by `rename` wholly or not at all: a value is the old or the new one.
"""

import gc
import os

from shared.compat import const

FOLDER = "/kept"
_SPARE = "room"  # a file given up where there is no room to count a boot
_SPARE_BYTES = const(8192)


def load(name, folder=None):
    """Return the text kept as `name` in `folder` (the usual one without), None when it is not."""
    try:
        with open((folder or FOLDER) + "/" + name) as file:
            return file.read()
    except OSError:
        return None


def save(name, text, folder=None):
    """Keep `text` as `name` in `folder`. OSError, and the old one stays, when flash is full."""
    folder = folder or FOLDER
    try:
        os.mkdir(folder)
    except OSError:
        pass  # it is there; if not, `open` says why
    path = folder + "/" + name
    with open(path + ".new", "w") as file:
        file.write(text)
    os.rename(path + ".new", path)


def save_pieces(name, pieces):
    """Keep the bytes of all `pieces` as `name`; see `save`."""
    gc.collect()  # an open file needs a kilobyte in one piece
    try:
        os.mkdir(FOLDER)
    except OSError:
        pass
    path = FOLDER + "/" + name
    with open(path + ".new", "wb") as file:
        for piece in pieces:
            file.write(piece)
    os.rename(path + ".new", path)


def open_bytes(name):
    """Return what is kept as `name`, open for reading bytes. OSError when there is nothing."""
    return open(FOLDER + "/" + name, "rb")


def next_boot():
    """Count this boot; return its number, 1..2**30.

    Readings are known by boot and number for ever. A board with an empty flash therefore does not
    begin at 1, as it may have done before, but at a random place. Where flash has no room for the
    number, a file kept for that is given up; a board with broken flash starts all the same.
    """
    kept = load("boot")
    if kept and kept.isdigit():
        boot = int(kept) + 1
    else:
        boot = 1 + 1000 * int.from_bytes(os.urandom(2), "big")
    for _ in range(2):
        try:
            save("boot", str(boot))
            _keep_room()
            break
        except OSError:
            _give_room()
    return boot


def _keep_room():
    """Fill a file that may go when there is no room for what counts; none where flash is full."""
    path = FOLDER + "/" + _SPARE
    try:
        os.stat(path)
        return
    except OSError:
        pass
    try:
        with open(path, "wb") as file:
            for _ in range(_SPARE_BYTES // 256):
                file.write(bytes(256))
    except OSError:
        _give_room()


def _give_room():
    try:
        os.remove(FOLDER + "/" + _SPARE)
    except OSError:
        pass
