"""Small values that outlive a power cut: each in a file of its own, replaced in one step.

LittleFS replaces a file by `rename` wholly or not at all: a value is the old or the new one.
"""

import gc
import os

FOLDER = "/kept"


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
    begin at 1, as it may have done before, but at a random place.
    """
    kept = load("boot")
    if kept and kept.isdigit():
        boot = int(kept) + 1
    else:
        boot = 1 + 1000 * int.from_bytes(os.urandom(2), "big")
    save("boot", str(boot))
    return boot
