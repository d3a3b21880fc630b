"""A PIO block as RP2040 datasheet chapter 3 tells: MicroPython's assembler and a clocked machine.

Runs on both Pythons. It knows the instructions that our programs use, and their delays; a cycle is
one tick of a state machine's divided clock. What it does not know it refuses.
"""

SHIFT_LEFT, SHIFT_RIGHT = 0, 1
OUT_LOW, OUT_HIGH = 2, 3
JOIN_NONE, JOIN_TX, JOIN_RX = 0, 1, 2
_ALL = 0xFFFFFFFF


class Instruction:
    """`pull()[3]` waits three cycles more."""

    def __init__(self, *words):
        self.words = words
        self.delay = 0

    def __getitem__(self, delay):
        assert 0 <= delay <= 31, "a delay has five bits"
        self.delay = delay
        return self


class Program:
    def __init__(self, function, settings):
        self.code, self.labels, self.settings = [], {}, settings
        self.wrap_from, self.wrap_to = None, 0
        names = {"wrap_target": self._wrap_target, "wrap": self._wrap, "label": self._label}
        for name in ("x", "y", "pins", "pin", "null", "osr", "isr", "x_dec", "y_dec", "noblock"):
            names[name] = name
        for name in ("pull", "push", "out", "in_", "set", "jmp", "wait", "mov"):
            names[name] = self._emitter(name)
        # As MicroPython's own assembler does: the function's globals are the instructions' names.
        space = function.__globals__
        kept = {name: space[name] for name in names if name in space}
        space.update(names)
        try:
            function()
        finally:
            for name in names:
                del space[name]
            space.update(kept)
        if self.wrap_from is None:
            self.wrap_from = len(self.code)
        assert len(self.code) <= 32

    def _emitter(self, name):
        def emit(*arguments):
            instruction = Instruction(name, *arguments)
            self.code.append(instruction)
            return instruction

        return emit

    def _wrap_target(self):
        self.wrap_to = len(self.code)

    def _wrap(self):
        self.wrap_from = len(self.code)

    def _label(self, name):
        self.labels[name] = len(self.code)


class Machine:
    """One state machine. `read_pin()` -> 0/1; `level` is what it drives."""

    def __init__(self, program, read_pin):
        self.program, self.read_pin = program, read_pin
        join = program.settings.get("fifo_join", JOIN_NONE)
        self.rx, self.tx = [], []
        self.rx_depth = 8 if join == JOIN_RX else 0 if join == JOIN_TX else 4
        self.tx_depth = 8 if join == JOIN_TX else 0 if join == JOIN_RX else 4
        self.level = 1 if program.settings.get("set_init", OUT_HIGH) == OUT_HIGH else 0
        self.x = self.y = self.isr = self.osr = 0
        self.at = self.wait = 0

    def step(self):
        """One cycle."""
        if self.wait:
            self.wait -= 1
            return
        instruction = self.program.code[self.at]
        target = self.execute(instruction.words)
        if target is None:  # it stalls: the same again in the next cycle
            return
        self.wait = instruction.delay
        self.at = self.at + 1 if target < 0 else target
        if target < 0 and self.at == self.program.wrap_from:
            self.at = self.program.wrap_to

    def execute(self, words):
        """Return the address to go on at, -1 for the next, None while it stalls."""
        return getattr(self, "_" + words[0])(*words[1:])

    def _pull(self, *flags):
        if not self.tx:
            return None
        self.osr = self.tx.pop(0)
        return -1

    def _push(self, *flags):
        assert flags == ("noblock",)
        if len(self.rx) < self.rx_depth:
            self.rx.append(self.isr)
        self.isr = 0
        return -1

    def _out(self, where, count):
        assert where == "pins"
        assert count == 1
        assert self.program.settings["out_shiftdir"] == SHIFT_RIGHT
        self.level = self.osr & 1
        self.osr >>= 1
        return -1

    def _in_(self, source, count):
        assert self.program.settings["in_shiftdir"] == SHIFT_RIGHT
        assert source == "null" or count == 1
        bits = self.read_pin() if source == "pins" else 0
        self.isr = (self.isr >> count | bits << (32 - count)) & _ALL
        return -1

    def _set(self, where, value):
        assert 0 <= value <= 31, "set has five bits"
        if where == "pins":
            self.level = value & 1
        else:
            setattr(self, where, value)
        return -1

    def _mov(self, where, source):
        setattr(self, where, getattr(self, source))
        return -1

    def _jmp(self, condition, label=None):
        if label is None:
            condition, label = "always", condition
        taken = True
        if condition in ("x_dec", "y_dec"):
            register = condition[0]
            value = getattr(self, register)
            taken = value != 0
            setattr(self, register, (value - 1) & _ALL)
        elif condition == "pin":
            taken = bool(self.read_pin())
        return self.program.labels[label] if taken else -1

    def _wait(self, level, what, index):
        assert what == "pin"
        assert index == 0
        return -1 if self.read_pin() == level else None
