"""The board's /main.py: starts the firmware in /a or /b, the one that the file /slot names.

    a        the firmware in /a is good
    b 2 a    the one in /b is new: it may fail to start twice more, then the one in /a comes back

An update is written beside the firmware that runs; one that starts and lives calls itself good
(firmware/updater.py). A start that hangs is ended by the watchdog. Ctrl-C leaves the REPL, without
a watchdog. "-" stands for no firmware to come back to.

/a and /b are folders, or images in the halves of a ROM partition (vfs.rom_ioctl), whose code runs
in place and takes no RAM.
"""

import os
import sys
import time

import machine
import vfs

SLOTS = ("a", "b")
BLOCK = 4096  # of flash: what is erased at once
WATCHDOG_MS = 8300  # the longest that an RP2040 can wait
PAUSE_S = 5  # between two failed starts: time to catch the board by Ctrl-C


def load():
    """Return the words of /slot; [] when there are none."""
    try:
        with open("/slot") as file:
            return file.read().split()
    except OSError:
        return []


def keep(*words):
    """Replace /slot: after a power cut, or where flash has no room, it is the old one."""
    try:
        with open("/slot.new", "w") as file:
            file.write(" ".join(words))
        os.rename("/slot.new", "/slot")
    except OSError as error:  # a start that is not counted is better than none
        sys.print_exception(error)


def choose(words):
    """Return the slot to start, having counted the try of a new one; None when none is there."""
    if len(words) == 3 and words[1].isdigit():
        slot, tries, good = words
        if int(tries):
            keep(slot, str(int(tries) - 1), good)
            return slot
        if good in SLOTS:
            print("the firmware in /" + slot + " did not start: back to /" + good)
            keep(good)
            return good
        return slot
    if words and words[0] in SLOTS:
        return words[0]
    return next((slot for slot in SLOTS if is_there(slot)), None)


def is_there(slot):
    try:
        os.stat("/" + slot)
        return True
    except OSError:
        return False


def mount_rom():
    """Put the images in the halves of the ROM at /a and /b; without one the folder stays."""
    try:
        rom = memoryview(vfs.rom_ioctl(2, 0))
    except (AttributeError, TypeError):  # MicroPython without it; no such partition
        return
    half = len(rom) // 2 & -BLOCK
    for number, slot in enumerate(SLOTS):
        try:
            image = vfs.VfsRom(rom[number * half :][:half])  # pyright: ignore - no stub has it
            vfs.mount(image, "/" + slot)
        except OSError:
            pass


def unwatch():
    """Stop the watchdog: for whoever works at the REPL."""
    if sys.platform == "rp2":
        # MicroPython cannot; bit ENABLE of CTRL, cleared by its alias (RP2040 datasheet 4.7.6).
        machine.mem32[0x4005B000] = 1 << 30
    else:
        machine.WDT(timeout=3600000)


def run(slot):
    """Start the firmware of `slot`; reset the board a while after it failed."""
    sys.path.insert(0, "/" + slot)
    try:
        machine.WDT(timeout=WATCHDOG_MS)
        __import__("start")
    except Exception as error:
        print("the firmware in /" + slot + " failed:")
        sys.print_exception(error)
        time.sleep(PAUSE_S)
        machine.reset()


def main():
    mount_rom()
    slot = choose(load())
    if slot is None:
        return
    try:
        run(slot)
    except KeyboardInterrupt:
        unwatch()
        raise


if __name__ == "__main__":
    main()
