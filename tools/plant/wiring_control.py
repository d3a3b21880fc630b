"""Control commands for what is wired to the device: contacts, sensors, keys, supply, outputs."""

import asyncio
import base64
from collections.abc import Callable
from typing import Any

from tools.plant import lcd
from tools.plant.io_port import IoPort
from tools.plant.wiring import KEYS, SHORT_MILLIOHMS, Train, pt1000_milliohms

Commands = dict[str, tuple[Callable[..., Any], frozenset[str]]]
_LONGEST_MS = 86_400_000


def _number(name: str, value: Any, least: float, most: float) -> Any:
    """Return `value`; ValueError when it is no number within `least` and `most`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError(f"{name} {value!r}: {least:g} to {most:g}")
    return value


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name}: true or false")
    return value


class WiringControl:
    """The commands, on the wiring behind `port`."""

    def __init__(self, port: IoPort, time_scale: float) -> None:
        self._port = port
        self._wiring = port.wiring
        self._time_scale = time_scale
        self._releases: dict[str, asyncio.TimerHandle] = {}
        times = {"pulse_ms", "pause_ms", "bounce_ms", "glitch_ms"}
        self.commands: Commands = {
            "pulses": (self._pulses, frozenset({"input", "count"} | times)),
            "bounce": (self._bounce, frozenset({"input", "ms", "longest_ms"})),
            "contact": (self._contact, frozenset({"input", "closed"})),
            "temperature": (self._temperature, frozenset({"sensor", "celsius"})),
            "supply": (self._supply, frozenset({"segment", "extra_ma", "voltage_mv"})),
            "key": (self._key, frozenset({"key", "ms", "pressed"})),
            "power_failing": (self._power_failing, frozenset()),
            "io": (self._io, frozenset()),
            "lcd": (self._lcd, frozenset({"scale"})),
        }

    def supply_changed(self) -> None:
        """Tell the device at once what a fault on a bus does to its supply."""
        self._port.tell_supplies()

    def _inputs(self, chosen: Any) -> list[int]:
        every = list(range(1, len(self._wiring.contacts) + 1))
        numbers = every if chosen == "all" else chosen if isinstance(chosen, list) else [chosen]
        return [_number("input", number, 1, len(every)) for number in numbers]

    def _pulses(
        self,
        input: Any,
        count: int | None = 1,
        pulse_ms: float = 30,
        pause_ms: float = 30,
        bounce_ms: float = 0,
        glitch_ms: float = 0,
    ) -> list[int]:
        shortest = min(
            _number("pulse_ms", pulse_ms, 1, _LONGEST_MS),
            _number("pause_ms", pause_ms, 1, _LONGEST_MS),
        )
        _number("glitch_ms", glitch_ms, 0, shortest / 2)
        _number("bounce_ms", bounce_ms, 0, (shortest - glitch_ms) / 2)
        if count is not None:
            _number("count", count, 0, 1e9)
        spans = [round(1000 * ms) for ms in (pulse_ms, pause_ms, bounce_ms, glitch_ms)]
        train = Train(count, *spans)
        contacts = [self._wiring.contacts[number - 1] for number in self._inputs(input)]
        self._port.run()
        for contact in contacts:
            contact.start(train, self._port.now_us())
        self._port.run()
        return [contact.pulses for contact in contacts]

    def _bounce(self, input: Any, ms: float = 100, longest_ms: float = 3) -> None:
        _number("ms", ms, 0, _LONGEST_MS)
        _number("longest_ms", longest_ms, 0.1, 1000)
        self._port.run()
        for number in self._inputs(input):
            contact = self._wiring.contacts[number - 1]
            contact.burst(round(1000 * ms), round(1000 * longest_ms), self._port.now_us())
        self._port.run()

    def _contact(self, input: Any, closed: bool) -> None:
        _flag("closed", closed)
        self._port.run()
        for number in self._inputs(input):
            contact = self._wiring.contacts[number - 1]
            contact.move(closed, self._port.now_us())
        self._port.run()

    def _temperature(self, sensor: int, celsius: Any) -> int | None:
        _number("sensor", sensor, 1, len(self._wiring.milliohms))
        special: dict[Any, int | None] = {"open": None, "short": SHORT_MILLIOHMS}
        if isinstance(celsius, str):
            if celsius not in special:
                raise ValueError(f"celsius {celsius!r}: a number, open or short")
            milliohms = special[celsius]
        else:
            milliohms = pt1000_milliohms(_number("celsius", celsius, -200, 850))
        self._wiring.milliohms[sensor - 1] = milliohms
        self._port.tell_sensor(sensor)
        return milliohms

    def _supply(
        self, segment: int = 1, extra_ma: float | None = None, voltage_mv: int | None = None
    ) -> list[int]:
        _number("segment", segment, 1, len(self._wiring.supplies))
        supply = self._wiring.supplies[segment - 1]
        if extra_ma is not None:
            supply.extra_ma = _number("extra_ma", extra_ma, 0, 10_000)
        if voltage_mv is not None:
            supply.voltage_mv = int(_number("voltage_mv", voltage_mv, 0, 60_000))
        self._port.tell_supplies()
        return list(supply.reading())

    def _key(self, key: str, ms: float | None = None, pressed: bool = True) -> None:
        names = KEYS if key == "both" else (key,)
        if not isinstance(key, str) or not set(names) <= set(KEYS):
            raise ValueError(f"key {key!r}: {', '.join(KEYS)} or both")
        _flag("pressed", pressed)
        if ms is not None:
            _number("ms", ms, 0, _LONGEST_MS)
        for name in names:
            self._press(name, pressed)
            if ms is not None and pressed:
                self._releases[name] = asyncio.get_running_loop().call_later(
                    ms / 1000 / self._time_scale, self._press, name, False
                )

    def _press(self, name: str, pressed: bool) -> None:
        if name in self._releases:
            self._releases.pop(name).cancel()
        self._wiring.keys[name] = pressed
        self._port.tell_key(name)

    def _power_failing(self) -> None:
        self._port.tell({"power": "failing"})

    def _io(self) -> dict[str, Any]:
        self._port.run()
        wiring, outputs = self._wiring, self._wiring.outputs
        return {
            "connected": self._port.connected,
            "closed": [contact.closed for contact in wiring.contacts],
            "pulses": [contact.pulses for contact in wiring.contacts],
            "milliohms": wiring.milliohms,
            "supplies": [list(supply.reading()) for supply in wiring.supplies],
            "powered": [supply.bus.powered for supply in wiring.supplies],
            "keys": wiring.keys,
            "relays": outputs.relays,
            "leds": outputs.leds,
            "backlight": outputs.backlight,
            "network": outputs.network,
            "refused": self._port.refused,
        }

    def _lcd(self, scale: int | None = None) -> dict[str, Any]:
        outputs = self._wiring.outputs
        shown: dict[str, Any] = {
            "hex": outputs.lcd.hex(),
            "text": lcd.text(outputs.lcd),
            "backlight": outputs.backlight,
        }
        if scale is not None:  # it takes some milliseconds, which the bus has not always to spare
            picture = lcd.picture(outputs.lcd, outputs.backlight, scale)
            shown["png"] = base64.b64encode(picture).decode()
        return shown
