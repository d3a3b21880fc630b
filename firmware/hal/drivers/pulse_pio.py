"""An S0 input counted by a state machine of a PIO (RP2040): the role "pulse".

settings  sm: the state machine, 0..7; pin: the input, low while the contact is closed

The state machine debounces and counts by itself, in its register X: no pulse is lost while
interrupts are off, as in each write to flash. A level counts once it has lasted 64 steps of 6.4 kHz
= 10 ms without a break: IEC 62053-31 promises 30 ms of either.
"""
# The programs are written in words that only the assembler knows.
# pyright: reportUndefinedVariable=false, reportCallIssue=false, reportIndexIssue=false

import machine
import rp2

from shared.compat import const

_STEPS_HZ = const(6400)
_MOV_ISR_X = const(0xA0C1)  # RP2040 datasheet 3.4
_PUSH_NOBLOCK = const(0x8000)
_PULL = const(0x80A0)
_MOV_X_OSR = const(0xA027)
_32_BITS = const(0xFFFFFFFF)


@rp2.asm_pio(fifo_join=rp2.PIO.JOIN_NONE)
def count_program():
    """X falls by one with each closing that lasts; the next counts after an opening that lasts."""
    wrap_target()  # noqa: F821
    label("open")  # noqa: F821
    wait(0, pin, 0)  # noqa: F821
    set(y, 31)  # noqa: F821
    label("closing")  # noqa: F821
    jmp(pin, "open")  # noqa: F821
    jmp(y_dec, "closing")  # noqa: F821
    jmp(x_dec, "closed")  # noqa: F821
    label("closed")  # noqa: F821
    wait(1, pin, 0)  # noqa: F821
    set(y, 31)  # noqa: F821
    label("opening")  # noqa: F821
    jmp(pin, "still")  # noqa: F821
    jmp("closed")  # noqa: F821
    label("still")  # noqa: F821
    jmp(y_dec, "opening")  # noqa: F821
    wrap()  # noqa: F821


def make(hal, settings):
    return PioPulseCounter(settings["sm"], settings["pin"])


class PioPulseCounter:
    """See `contract.PulseCounter`."""

    def __init__(self, sm, pin):
        self._pin = machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP)
        self._machine = rp2.StateMachine(
            sm, count_program, freq=_STEPS_HZ, in_base=self._pin, jmp_pin=self._pin
        )
        self._count = 0
        self._machine.put(0)
        self._machine.exec(_PULL)
        self._machine.exec(_MOV_X_OSR)
        self._machine.active(1)

    def count(self):
        state_machine = self._machine
        while state_machine.rx_fifo():
            state_machine.get()
        # Executed between two steps of the program, whatever it waits for.
        state_machine.exec(_MOV_ISR_X)
        state_machine.exec(_PUSH_NOBLOCK)
        low = -state_machine.get() & _32_BITS
        self._count += (low - self._count) & _32_BITS  # X is of 32 bits, the count has no end
        return self._count

    def closed(self):
        return not self._pin.value()
