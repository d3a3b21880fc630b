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
from tools.plant.segment import Segment
from tools.plant.wiring_control import WiringControl

LONGEST_LINE = 65_536
_MOST_ADVANCE_S = 100 * 366 * 86_400


class Control:
    """The commands, on the buses of `segments`, numbered from 1 on.

    `wiring` has the commands for what else is wired to the device.
    """

    def __init__(self, segments: list[Segment], wiring: WiringControl) -> None:
        self._segments = segments
        self._changed = wiring.supply_changed
        self.connections: set[asyncio.Transport] = set()
        self._commands: dict[str, tuple[Callable[..., Any], frozenset[str]]] = {
            "meters": (self._meters, frozenset()),
            "values": (self._values, frozenset({"meter", "segment"})),
            "fault": (self._fault, frozenset({"meter", "fault", "segment"})),
            "set": (
                self._set,
                frozenset({"meter", "record", "value", "status", "primary", "segment"}),
            ),
            "advance": (self._advance, frozenset({"seconds"})),
            "short": (self._short, frozenset({"on", "segment"})),
            "noise": (self._noise, frozenset({"pulses_per_s", "segment"})),
            "bus": (self._settings, frozenset({"baud", "parity", "echo", "segment"})),
            "statistics": (self._statistics, frozenset({"segment"})),
            "reset_statistics": (self._reset_statistics, frozenset()),
            **wiring.commands,
            "help": (lambda: sorted(self._commands), frozenset()),
        }

    @property
    def stopped(self) -> bool:
        """Tell whether the plant has ended."""
        return self._segments[0].pump.stopped

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

    def _at(self, segment: Any) -> Segment:
        if type(segment) is not int or not 1 <= segment <= len(self._segments):
            raise ValueError(f"segment {segment!r}: 1 to {len(self._segments)}")
        return self._segments[segment - 1]

    def _among(self, segment: int | None) -> list[Meter]:
        """Return the meters of a segment, of all for None."""
        chosen = self._segments if segment is None else [self._at(segment)]
        return [meter for one in chosen for meter in one.bus.meters]

    def _chosen(self, meter: Any, segment: int | None) -> list[Meter]:
        """Return the meters that `meter` names: an address, a list of them, or "all"."""
        them = self._among(segment)
        if meter == "all":
            return them
        if isinstance(meter, list):
            return [buses.find(them, str(one)) for one in meter]
        return [buses.find(them, str(meter))]

    def _meters(self) -> list[dict[str, Any]]:
        return [
            {
                "primary": meter.primary,
                "secondary": meter.secondary,
                "profile": meter.profile.name,
                "segment": meter.segment,
                "bauds": list(meter.bauds),
                "status": meter.status,
                "fault": meter.fault,
                "selected": meter.selected,
                "last_reset": meter.last_reset,
                "requests": meter.requests,
                "answers": meter.answers,
            }
            for meter in self._among(None)
        ]

    def _values(self, meter: Any, segment: int | None = None) -> list[dict[str, Any]]:
        one = buses.find(self._among(segment), str(meter))
        values = one.contents.values(self._clock_s(), one.primary)
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

    def _fault(self, meter: Any, fault: Any = None, segment: int | None = None) -> int:
        checked = faults.check(fault)
        chosen = self._chosen(meter, segment)
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
        segment: int | None = None,
    ) -> int:
        chosen = self._chosen(meter, segment)
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
            made = contents.telegrams(self._clock_s(), 0, 0, 0, every)
            if meter.profile.ci == VARIABLE and max(map(len, made)) > 252:
                raise ValueError("the telegram would be too long")
        except Exception:
            contents.overrides = before
            raise

    def _advance(self, seconds: float) -> str:
        if isinstance(seconds, bool) or not abs(seconds) <= _MOST_ADVANCE_S:
            raise ValueError(f"seconds {seconds!r}: at most 100 years")
        moved = self._segments[0].bus.start_s + seconds
        datetime.fromtimestamp(moved, UTC)
        for segment in self._segments:
            segment.bus.start_s = moved
        return self._clock()

    def _clock_s(self) -> float:
        first = self._segments[0]
        return first.bus.clock_s(first.pump.now())

    def _clock(self) -> str:
        return datetime.fromtimestamp(int(self._clock_s()), UTC).isoformat()

    def _short(self, on: bool, segment: int = 1) -> bool:
        if not isinstance(on, bool):
            raise ValueError("on: true or false")
        at = self._at(segment)
        at.bus.set_short(on, at.pump.now())
        at.pump.run()
        self._changed()
        return on

    def _noise(self, pulses_per_s: float, segment: int = 1) -> float:
        number = isinstance(pulses_per_s, int | float) and not isinstance(pulses_per_s, bool)
        if not number or not 0 <= pulses_per_s <= 1000:
            raise ValueError(f"pulses_per_s {pulses_per_s!r}: 0 to 1000")
        at = self._at(segment)
        at.bus.set_noise(pulses_per_s, at.pump.now())
        at.pump.run()
        return pulses_per_s

    def _settings(
        self,
        baud: int | None = None,
        parity: str | None = None,
        echo: bool | None = None,
        segment: int = 1,
    ) -> dict[str, Any]:
        if baud is not None and baud not in BAUD_RATES:
            raise ValueError(f"baud {baud!r}: one of {BAUD_RATES}")
        if parity is not None and parity not in ("N", "E", "O", "M", "S"):
            raise ValueError(f"parity {parity!r}: N, E, O, M or S")
        if echo is not None and not isinstance(echo, bool):
            raise ValueError("echo: true or false")
        line = self._at(segment).line
        line.format = line.format._replace(
            baud=line.format.baud if baud is None else baud,
            parity=line.format.parity if parity is None else parity,
        )
        line.echo = line.echo if echo is None else echo
        line.apply()
        return {"baud": line.format.baud, "parity": line.format.parity, "echo": line.echo}

    def _statistics(self, segment: int = 1) -> dict[str, Any]:
        at = self._at(segment)
        now = at.pump.now()
        at.pump.run()
        bus = at.bus
        figures: dict[str, Any] = bus.statistics.as_dict(now)
        figures["time"] = self._clock()
        figures["ticks_per_s"] = TICKS_PER_SECOND
        figures["time_scale"] = at.pump.clock.scale
        figures["short"] = bus.short is not None
        figures["noise_pulses_per_s"] = bus.noise_per_s
        figures["current_ma"] = bus.current_ma()
        figures["masters"] = len(bus.ports)
        figures["requests"] = {m.secondary: m.requests for m in bus.meters if m.requests}
        figures["answers"] = {m.secondary: m.answers for m in bus.meters if m.answers}
        return figures

    def _reset_statistics(self) -> None:
        for segment in self._segments:
            segment.bus.reset_statistics(segment.pump.now())


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
