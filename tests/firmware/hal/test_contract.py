"""Everything that stands for the hardware has the calls of the contract, named alike."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CONTRACT = "firmware/hal/contract.py"
IMPLEMENTATIONS = [
    ("BusUart", "firmware/hal/bus_over_network.py", "NetworkBus"),
    ("LinkStream", "firmware/hal/console.py", "ConsoleStream"),
    ("Hal", "firmware/hal/on_circuitpython.py", "Hal"),
    ("BusUart", "firmware/hal/on_circuitpython.py", "UartBus"),
    ("LinkStream", "firmware/hal/on_circuitpython.py", "ConsoleStream"),
    ("PulseCounter", "firmware/hal/on_circuitpython.py", "PulseCounter"),
    ("Supply", "firmware/hal/on_circuitpython.py", "AdcSupply"),
    ("Relay", "firmware/hal/on_circuitpython.py", "PinRelay"),
    ("Keys", "firmware/hal/on_circuitpython.py", "PinKeys"),
    ("Leds", "firmware/hal/on_circuitpython.py", "PinLeds"),
    ("BusUart", "firmware/hal/drivers/uart.py", "UartBus"),
    ("BusUart", "firmware/hal/drivers/pio_uart.py", "PioBus"),
    ("PulseCounter", "firmware/hal/drivers/pulse_pio.py", "PioPulseCounter"),
    ("PulseCounter", "firmware/hal/drivers/pulse_irq.py", "IrqPulseCounter"),
    ("PulseCounter", "firmware/hal/drivers/pulse_pcnt.py", "PcntPulseCounter"),
    ("Supply", "firmware/hal/drivers/adc_supply.py", "AdcSupply"),
    ("Supply", "firmware/hal/drivers/ads1115_supply.py", "Ads1115Supply"),
    ("Thermometer", "firmware/hal/drivers/ads1115.py", "Ads1115Thermometer"),
    ("Thermometer", "firmware/hal/drivers/max31865.py", "Max31865"),
    ("Network", "firmware/hal/nic.py", "Nic"),
    ("Wifi", "firmware/hal/drivers/network_wifi.py", "Wifi"),
    ("Relay", "firmware/hal/drivers/relay_pin.py", "PinRelay"),
    ("Keys", "firmware/hal/drivers/keys_pins.py", "PinKeys"),
    ("Leds", "firmware/hal/drivers/leds_pins.py", "PinLeds"),
    ("Hal", "firmware/hal/on_micropython.py", "Hal"),
]
FAKES = [
    ("BusUart", "tests/fakes/bus.py", "FakeUart"),
    ("Hal", "tests/fakes/bus.py", "FakeHal"),
]


def calls(path: str, name: str) -> dict[str, tuple[bool, list[str], list[str]]]:
    """Return the public methods of class `name`: whether async, arguments, defaults."""
    tree = ast.parse((ROOT / path).read_text())
    (found,) = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name]
    return {
        method.name: (
            isinstance(method, ast.AsyncFunctionDef),
            [argument.arg for argument in method.args.args],
            [ast.unparse(default) for default in method.args.defaults],
        )
        for method in found.body
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) and method.name[0] != "_"
    }


@pytest.mark.parametrize(("contract", "path", "name"), IMPLEMENTATIONS)
def test_the_calls_are_those_of_the_contract(contract: str, path: str, name: str):
    promised = calls(CONTRACT, contract)
    assert promised
    assert calls(path, name) == promised


@pytest.mark.parametrize(("contract", "path", "name"), FAKES)
def test_a_fake_offers_nothing_that_the_contract_has_not(contract: str, path: str, name: str):
    promised = calls(CONTRACT, contract)
    offered = calls(path, name)
    assert offered
    assert {call: offered[call] for call in offered} == {
        call: promised.get(call) for call in offered
    }
