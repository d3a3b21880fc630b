"""The control port: one JSON object a line, one JSON answer a line.

`Control.run` is pure but for the bus it drives; `ControlConnection` is the socket around it.
README.md lists the commands with examples.
"""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tools.plant import bus as buses
from tools.plant import faults
from tools.plant.clock import BAUD_RATES, TICKS_PER_SECOND
from tools.plant.meter import Meter
from tools.plant.profiles import VARIABLE
from tools.plant.server import Line, Pump
from tools.plant.wiring_control import WiringControl

LONGEST_LINE = 65_536
_MOST_ADVANCE_S = 100 * 366 * 86_400


class Control:
    """The commands, on the bus behind `pump`; `line` are the settings of the plain ports.

    `wiring` has the commands for what else is wired to the device.
    """

    def __init__(self, pump: Pump, line: Line, wiring: WiringControl) -> None:
        self._pump = pump
        self._bus = pump.bus
        self._line = line
        self._changed = wiring.supply_changed
        self.connections: set[asyncio.Transport] = set()
        self._commands: dict[str, tuple[Callable[..., Any], frozenset[str]]] = {
            "meters": (self._meters, frozenset()),
            "values": (self._values, frozenset({"meter"})),
            "fault": (self._fault, frozenset({"meter", "fault"})),
            "set": (self._set, frozenset({"meter", "record", "value", "status", "primary"})),
            "advance": (self._advance, frozenset({"seconds"})),
            "short": (self._short, frozenset({"on"})),
            "noise": (self._noise, frozenset({"pulses_per_s"})),
            "bus": (self._settings, frozenset({"baud", "parity", "echo"})),
            "statistics": (self._statistics, frozenset()),
            "reset_statistics": (self._reset_statistics, frozenset()),
            **wiring.commands,
            "help": (lambda: sorted(self._commands), frozenset()),
        }

    @property
    def stopped(self) -> bool:
        """Tell whether the plant has ended."""
        return self._pump.stopped

    def run(self, request: Any) -> dict[str, Any]:
        """Return the answer to `request` (what stood in a line); an error is an answer too."""
        answer: dict[str, Any] = {"ok": False}
        if isinstance(request, dict) and "id" in request:
            answer["id"] = request["id"]
        try:
            if not isinstance(request, dict) or not isinstance(request.get("cmd"), str):
                raise ValueError('{"cmd": ...} is wanted')
            if request["cmd"] not in self._commands:
                raise ValueError(f"no such command: {request['cmd']} ({', '.join(self._commands)})")
            command, known = self._commands[request["cmd"]]
            given = {key: value for key, value in request.items() if key not in ("cmd", "id")}
            if unknown := set(given) - known:
                raise ValueError(f"{request['cmd']} has no {', '.join(sorted(unknown))}")
            result = command(**given)
        except Exception as error:  # whatever a client sends, the plant goes on
            answer["error"] = str(error.args[0]) if error.args else type(error).__name__
        else:
            answer["ok"] = True
            answer["result"] = result
        return answer

    def _chosen(self, meter: Any) -> list[Meter]:
        """Return the meters that `meter` names: an address, a list of them, or "all"."""
        if meter == "all":
            return self._bus.meters
        if isinstance(meter, list):
            return [buses.find(self._bus.meters, str(one)) for one in meter]
        return [buses.find(self._bus.meters, str(meter))]

    def _meters(self) -> list[dict[str, Any]]:
        return [
            {
                "primary": meter.primary,
                "secondary": meter.secondary,
                "profile": meter.profile.name,
                "bauds": list(meter.bauds),
                "status": meter.status,
                "fault": meter.fault,
                "selected": meter.selected,
                "last_reset": meter.last_reset,
                "requests": meter.requests,
                "answers": meter.answers,
            }
            for meter in self._bus.meters
        ]

    def _values(self, meter: Any) -> list[dict[str, Any]]:
        one = buses.find(self._bus.meters, str(meter))
        values = one.contents.values(self._bus.clock_s(self._pump.now()), one.primary)
        return [
            {
                "record": index,
                "what": record.what,
                "coding": record.coding,
                "vif": record.vif.hex(),
                "value": values[index],
            }
            for index, record in enumerate(one.profile.records())
        ]

    def _fault(self, meter: Any, fault: Any = None) -> int:
        checked = faults.check(fault)
        chosen = self._chosen(meter)
        for one in chosen:
            one.fault = None if checked is None else dict(checked)
        return len(chosen)

    def _set(
        self,
        meter: Any,
        record: int | None = None,
        value: Any = None,
        status: int | None = None,
        primary: int | None = None,
    ) -> int:
        chosen = self._chosen(meter)
        for name, number, most in (("status", status, 255), ("primary", primary, 250)):
            if number is not None and (type(number) is not int or not 0 <= number <= most):
                raise ValueError(f"{name} {number!r}: 0 to {most}")
        if record is not None:
            for one in chosen:
                self._override(one, record, value)
        for one in chosen:
            one.status = one.status if status is None else status
            one.primary = one.primary if primary is None else primary
        return len(chosen)

    def _override(self, meter: Meter, record: int, value: Any) -> None:
        """Fix a record's value; None gives it back. What cannot be sent is refused."""
        contents = meter.contents
        if type(record) is not int or not 0 <= record < len(meter.profile.records()):
            raise ValueError(f"record {record!r}: 0 to {len(meter.profile.records()) - 1}")
        before = dict(contents.overrides)
        contents.overrides.pop(record, None)
        if value is not None:
            contents.overrides[record] = value
        try:
            every = list(range(len(meter.profile.telegrams)))
            made = contents.telegrams(self._bus.clock_s(self._bus.now), 0, 0, 0, every)
            if meter.profile.ci == VARIABLE and max(map(len, made)) > 252:
                raise ValueError("the telegram would be too long")
        except Exception:
            contents.overrides = before
            raise

    def _advance(self, seconds: float) -> str:
        if isinstance(seconds, bool) or not abs(seconds) <= _MOST_ADVANCE_S:
            raise ValueError(f"seconds {seconds!r}: at most 100 years")
        moved = self._bus.start_s + seconds
        datetime.fromtimestamp(moved, UTC)
        self._bus.start_s = moved
        return self._clock()

    def _clock(self) -> str:
        at = self._bus.clock_s(self._pump.now())
        return datetime.fromtimestamp(int(at), UTC).isoformat()

    def _short(self, on: bool) -> bool:
        if not isinstance(on, bool):
            raise ValueError("on: true or false")
        self._bus.set_short(on, self._pump.now())
        self._pump.run()
        self._changed()
        return on

    def _noise(self, pulses_per_s: float) -> float:
        number = isinstance(pulses_per_s, int | float) and not isinstance(pulses_per_s, bool)
        if not number or not 0 <= pulses_per_s <= 1000:
            raise ValueError(f"pulses_per_s {pulses_per_s!r}: 0 to 1000")
        self._bus.set_noise(pulses_per_s, self._pump.now())
        self._pump.run()
        return pulses_per_s

    def _settings(
        self, baud: int | None = None, parity: str | None = None, echo: bool | None = None
    ) -> dict[str, Any]:
        if baud is not None and baud not in BAUD_RATES:
            raise ValueError(f"baud {baud!r}: one of {BAUD_RATES}")
        if parity is not None and parity not in ("N", "E", "O", "M", "S"):
            raise ValueError(f"parity {parity!r}: N, E, O, M or S")
        if echo is not None and not isinstance(echo, bool):
            raise ValueError("echo: true or false")
        line = self._line
        line.format = line.format._replace(
            baud=line.format.baud if baud is None else baud,
            parity=line.format.parity if parity is None else parity,
        )
        line.echo = line.echo if echo is None else echo
        line.apply()
        return {"baud": line.format.baud, "parity": line.format.parity, "echo": line.echo}

    def _statistics(self) -> dict[str, Any]:
        now = self._pump.now()
        self._pump.run()
        bus = self._bus
        figures: dict[str, Any] = bus.statistics.as_dict(now)
        figures["time"] = self._clock()
        figures["ticks_per_s"] = TICKS_PER_SECOND
        figures["time_scale"] = self._pump.clock.scale
        figures["short"] = bus.short is not None
        figures["noise_pulses_per_s"] = bus.noise_per_s
        figures["current_ma"] = bus.current_ma()
        figures["masters"] = len(bus.ports)
        figures["requests"] = {m.secondary: m.requests for m in bus.meters if m.requests}
        figures["answers"] = {m.secondary: m.answers for m in bus.meters if m.answers}
        return figures

    def _reset_statistics(self) -> None:
        self._bus.reset_statistics(self._pump.now())


class ControlConnection(asyncio.Protocol):
    """A client of the control port; a line that is too long or no JSON gets an error."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._buffer = bytearray()
        self._skipping = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._control.connections.add(transport)
        if self._control.stopped:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the transport."""
        self._control.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        """Answer every whole line; hold at most `LONGEST_LINE` bytes of an unfinished one."""
        *lines, rest = (bytes(self._buffer) + data).split(b"\n")
        self._buffer = bytearray(rest)
        for line in lines:
            if self._skipping:
                self._skipping = False
            elif len(line) > LONGEST_LINE:
                self._too_long()
            elif line.strip():
                self._send(self._answer(line))
        if len(self._buffer) > LONGEST_LINE:
            if not self._skipping:
                self._too_long()
            self._skipping = True
            self._buffer.clear()

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
        except (ValueError, RecursionError) as error:
            return {"ok": False, "error": f"no JSON: {error}"}
        return self._control.run(request)

    def _too_long(self) -> None:
        self._send({"ok": False, "error": f"a line longer than {LONGEST_LINE} bytes"})

    def _send(self, answer: dict[str, Any]) -> None:
        if self._transport.get_write_buffer_size() > 16 * LONGEST_LINE:
            self._transport.abort()
        if not self._transport.is_closing():
            self._transport.write(json.dumps(answer).encode() + b"\n")
