"""The drivers of real hardware against `tests.fakes.hardware`, on real MicroPython.

`micropython -m tests.firmware.hal.driver_scenarios` runs them all and prints one line each.
"""

import asyncio
import sys
import time

from shared.errors import BadSetting, LineFault, LinkLost
from tests.fakes import hardware
from tests.fakes.hardware import Ads1115, Max31865

REQUEST = bytes((0x68, 0x0B, 0x0B, 0x68, 0x73, 0xFD, 0x52)) + bytes(range(8)) + b"\xca\x16"


def driver(name, settings, counter=True):
    """Return (lab, the part that firmware/hal/drivers/`name` makes)."""
    lab = hardware.install(counter)
    module = getattr(__import__("firmware.hal.drivers." + name).hal.drivers, name)
    return lab, module.make(lab, settings)


async def fails(kind, work):
    try:
        await work
    except kind as error:
        return str(error)
    raise AssertionError("nothing was raised")


def wave(lab, pin, bits, bit_us):
    """Drive `bits` (list of 0/1) on `pin` from now on, each `bit_us` long."""
    for bit in bits:
        lab.drive(pin, bit)
        lab.run_us(bit_us)
    lab.drive(pin, 1)


def character_bits(byte, spoil=0):
    """The eleven bits of `byte` at 8E1; `spoil` 1 turns the parity."""
    data = [byte >> n & 1 for n in range(8)]
    return [0] + data + [sum(data) & 1 ^ spoil, 1]  # noqa: RUF005


# --- uart --------------------------------------------------------------------------------------
async def scenario_uart_write_returns_when_the_last_stop_bit_has_left():
    for baud in (300, 2400, 9600):
        lab, bus = driver("uart", {"uart": 0, "tx": 0, "rx": 1})
        await bus.set_baud(baud)
        await bus.write(REQUEST)
        floor_ms = len(REQUEST) * 11 * 1000 / baud
        assert floor_ms <= lab.ticks_ms() <= floor_ms + 3, (baud, lab.ticks_ms())
        assert lab.uarts[0].sent == REQUEST
        assert lab.uarts[0].baudrate == baud


async def scenario_uart_is_fed_while_it_sends_and_never_waits_in_the_call():
    lab, bus = driver("uart", {"uart": 0, "tx": 0, "rx": 1})
    await bus.set_baud(9600)
    for n in range(len(REQUEST)):
        assert await bus.feed(REQUEST[n : n + 1]) == 1
        lab.run_us(1000)
    assert lab.uarts[0].sent == REQUEST
    assert await bus.feed(bytes(300)) < 300
    assert await bus.feed(b"x") == 0
    assert lab.ticks_ms() == len(REQUEST)


async def scenario_uart_reads_what_is_there_and_never_waits_in_the_call():
    lab, bus = driver("uart", {"uart": 0, "tx": 0, "rx": 1})
    await bus.set_baud(2400)
    assert await bus.read(100, 50) == b""
    assert 50 <= lab.ticks_ms() <= 54
    lab.uarts[0].arrive(b"\xe5\x68\x03")
    assert await bus.read(2, 50) == b"\xe5\x68"
    assert await bus.read(100, 0) == b"\x03"
    lab.uarts[0].arrive(b"12345")
    assert bus.flush_input() == 5
    assert await bus.read(1, 0) == b""
    bus.close()
    assert lab.uarts[0].closed
    await bus.write(b"\x10")
    assert lab.uarts[0].sent == b"\x10"


async def scenario_uart_refuses_a_baud_rate_that_is_none():
    for name, settings in (
        ("uart", {"uart": 0, "tx": 0, "rx": 1}),
        ("pio_uart", {"sm": 0, "tx": 2, "rx": 3}),
    ):
        _, bus = driver(name, settings)
        assert "1000" in await fails(BadSetting, bus.set_baud(1000))
        assert bus.baud == 2400


async def scenario_converter_waits_for_bytes_without_end():
    lab, port = driver("converter_uart", {"uart": 1, "tx": 4, "rx": 5})
    await port.set_baud(300)
    reading = asyncio.create_task(port.read(64))
    while lab.ticks_ms() < 5000:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert not reading.done()
    lab.uarts[1].arrive(b"\x10\x40")
    assert await reading == b"\x10\x40"
    await port.write(b"\xe5")
    assert lab.uarts[1].sent == b"\xe5"


def watching(lab, pin, bit_us, levels):
    """Return a `sleep_ms` that looks at `pin` 20 times a bit and notes it in `levels`."""

    async def sleep_ms(ms):
        for _ in range(ms * 1000 * 20 // bit_us):
            lab.run_us(bit_us // 20)
            levels.append(lab.levels[pin])
        await asyncio.sleep(0)

    return sleep_ms


# --- pio_uart ----------------------------------------------------------------------------------
async def scenario_pio_uart_sends_8e1_bit_by_bit():
    for baud in (300, 2400, 9600):
        lab, bus = driver("pio_uart", {"sm": 0, "tx": 2, "rx": 3})
        await bus.set_baud(baud)
        bit_us = 1000000 // baud
        levels = []
        lab.sleep_ms = watching(lab, 2, bit_us, levels)
        await bus.write(b"\x00\xff\x5a\x01")
        start = levels.index(0)
        wanted = []
        for byte in b"\x00\xff\x5a\x01":
            wanted += character_bits(byte)
        steps = 20 * (bit_us // 20) / bit_us  # of our clock in a bit
        seen = [levels[start + int((n + 0.5) * 20 / steps)] for n in range(len(wanted))]
        assert seen == wanted, (baud, seen, wanted)


async def scenario_pio_uart_fed_in_pieces_sends_without_a_gap():
    for baud in (300, 2400, 9600):
        lab, bus = driver("pio_uart", {"sm": 0, "tx": 2, "rx": 3})
        await bus.set_baud(baud)
        character_us = 11000000 // baud
        levels = []
        look = watching(lab, 2, 1000000 // baud, levels)
        for size in (12, 20, 10):
            while not await bus.feed(bytes(size)):
                await look(7 * character_us // 1000)  # that seldom may be looked
        await look(45 * character_us // 1000)
        # Of each character only the stop bit is high: longer it is at the start and the end only.
        text = "".join([str(level) for level in levels]).strip("1")
        assert len([space for space in text.split("1") if space]) == 42
        assert max([len(mark) for mark in text.split("0")]) <= 21, baud


async def scenario_pio_uart_hears_8e1_at_two_percent_either_way():
    for baud in (300, 2400, 9600):
        for percent in (98, 100, 102):
            lab, bus = driver("pio_uart", {"sm": 4, "tx": 2, "rx": 3})
            await bus.set_baud(baud)
            data = bytes((0x68, 0x00, 0xFF, 0x55, 0x16))
            for byte in data:
                wave(lab, 3, character_bits(byte), 1000000 * percent // 100 // baud)
            assert await bus.read(64, 20) == data, (baud, percent)


async def scenario_pio_uart_drops_bad_parity_and_broken_frames_and_hears_on():
    lab, bus = driver("pio_uart", {"sm": 0, "tx": 2, "rx": 3})
    await bus.set_baud(2400)
    bit_us = 1000000 // 2400
    wave(lab, 3, character_bits(0x31), bit_us)
    wave(lab, 3, character_bits(0x32, spoil=1), bit_us)
    wave(lab, 3, [0] * 30 + [1, 1], bit_us)  # a break
    wave(lab, 3, character_bits(0x33), bit_us)
    assert await bus.read(64, 20) == b"\x31\x33"
    assert bus.spoilt == 1


async def scenario_pio_uart_keeps_200_characters_while_nobody_looks():
    """As while flash is written or memory is collected; again and again round the ring."""
    lab, bus = driver("pio_uart", {"sm": 0, "tx": 2, "rx": 3})
    await bus.set_baud(9600)
    for _ in range(2):
        for n in range(200):
            wave(lab, 3, character_bits(n), 104)
        assert await bus.read(1024, 0) == bytes(range(200))
    for n in range(9):
        wave(lab, 3, character_bits(n), 104)
    assert bus.flush_input() == 9


async def scenario_pio_uart_write_returns_when_the_last_stop_bit_has_left():
    lab, bus = driver("pio_uart", {"sm": 0, "tx": 2, "rx": 3})
    await bus.set_baud(2400)
    await bus.write(REQUEST)
    floor_ms = len(REQUEST) * 11 * 1000 / 2400
    assert floor_ms <= lab.ticks_ms() <= floor_ms + 6, lab.ticks_ms()
    assert not lab.machines[0].core.tx
    assert lab.levels[2] == 1


# --- silence -----------------------------------------------------------------------------------
async def scenario_silence_is_counted_from_the_last_byte():
    for name, settings in (
        ("uart", {"uart": 0, "tx": 0, "rx": 1}),
        ("pio_uart", {"sm": 0, "tx": 2, "rx": 3}),
    ):
        lab, bus = driver(name, settings)
        await bus.set_baud(2400)
        await bus.write(b"\x10")
        started = lab.ticks_us()
        assert await bus.idle(13750) == b""
        assert 13000 <= lab.ticks_us() - started <= 13800, (name, lab.ticks_us() - started)
        started = lab.ticks_us()
        assert await bus.idle(13750) == b""  # what has passed is not waited for again
        assert lab.ticks_us() == started
    lab, bus = driver("uart", {"uart": 0, "tx": 0, "rx": 1})
    await bus.set_baud(2400)
    await bus.idle(13750)
    lab.uarts[0].arrive(b"ab")
    assert await bus.idle(13750) == b"ab"
    started = lab.ticks_us()
    assert await bus.idle(13750) == b""
    assert 13700 <= lab.ticks_us() - started <= 13800


# --- pulses ------------------------------------------------------------------------------------
def pulses(lab, pins, count, closed_us=30000, open_us=30000):
    for _ in range(count):
        for pin in pins:
            lab.drive(pin, 0)
        lab.run_us(closed_us)
        for pin in pins:
            lab.drive(pin, 1)
        lab.run_us(open_us)


async def scenario_pulse_pio_counts_30_ms_pulses_at_four_inputs_with_nobody_looking():
    lab = hardware.install()
    from firmware.hal.drivers import pulse_pio

    inputs = [pulse_pio.make(lab, {"sm": 4 + n, "pin": 10 + n}) for n in range(4)]
    assert [i.count() for i in inputs] == [0, 0, 0, 0]
    pulses(lab, (10, 11, 12, 13), 25)
    assert [i.count() for i in inputs] == [25, 25, 25, 25]
    pulses(lab, (11, 13), 3)
    assert [i.count() for i in inputs] == [25, 28, 25, 28]
    lab.drive(10, 0)
    assert [i.closed() for i in inputs] == [True, False, False, False]


async def scenario_pulse_drivers_reject_glitches_and_bounces():
    for name, settings in (("pulse_pio", {"sm": 4, "pin": 10}), ("pulse_irq", {"pin": 10})):
        lab, counter = driver(name, settings)
        chip_clock(lab)
        pulses(lab, (10,), 50, 3000, 3000)
        lab.run_us(20000)
        assert counter.count() == 0, name
        for _ in range(10):  # contacts that bounce for 2 ms at either edge
            pulses(lab, (10,), 4, 250, 250)
            lab.drive(10, 0)
            lab.run_us(28000)
            pulses(lab, (10,), 4, 250, 250)
            lab.run_us(28000)
        assert counter.count() == 10, (name, counter.count())
        lab.drive(10, 0)
        lab.run_us(15000)
        assert counter.count() == 11, name
        assert counter.closed()
        lab.drive(10, 1)  # a break in the contact of 3 ms is no second pulse
        lab.run_us(3000)
        lab.drive(10, 0)
        lab.run_us(40000)
        assert counter.count() == 11, name


def chip_clock(lab):
    """Give the drivers that ask the chip's clock the lab's."""
    fake = hardware.Module(
        ticks_us=lambda: lab.now_ns // 1000,
        ticks_ms=lambda: lab.now_ns // 1000000,
        ticks_diff=time.ticks_diff,
        sleep_ms=lambda ms: lab.run_us(ms * 1000),
    )
    module = sys.modules.get("firmware.hal.drivers.pulse_irq")
    if module:
        module.time = fake


async def scenario_pulse_pio_goes_on_past_32_bits():
    lab, counter = driver("pulse_pio", {"sm": 0, "pin": 10})
    assert counter.count() == 0
    lab.machines[0].core.x = 2  # 4294967294 pulses later
    assert counter.count() == 0xFFFFFFFE
    pulses(lab, (10,), 5)
    assert counter.count() == 0x100000003


async def scenario_pulse_pcnt_counts_by_hardware_or_else_by_interrupts():
    for has_counter in (True, False):
        lab, counter = driver("pulse_pcnt", {"unit": 0, "pin": 35}, has_counter)
        chip_clock(lab)
        pulses(lab, (35,), 7)
        assert counter.count() == 7
        assert not counter.closed()


# --- measuring ---------------------------------------------------------------------------------
async def scenario_adc_supply_measures_and_switches():
    lab, supply = driver("adc_supply", {"volts": 26, "amps": 27, "switch": 2})
    lab.microvolts = {26: 1800000, 27: 754000}
    assert abs(supply.voltage_mv() - 36000) <= 20
    assert abs(supply.current_ua() - 377000) <= 50
    assert lab.levels[2] == 1
    supply.switch(False)
    assert lab.levels[2] == 0
    supply.switch(True)
    assert lab.levels[2] == 1


async def scenario_ads1115_supply_measures_three_segments_while_others_run():
    settings = {"i2c": 1, "sda": 6, "scl": 7, "address": 0x49, "volts": 0, "switch": 22}
    lab = hardware.install()
    from firmware.hal.drivers import ads1115_supply

    supplies = [ads1115_supply.make(lab, dict(settings, amps=n)) for n in (1, 2, 3)]
    chip = lab.chips["i2c", 1, 0x49] = Ads1115()
    chip.microvolts = [1800000, 20000, 1000000, 40000]
    slept = sleeps_of(lab)
    for _ in range(2):
        for supply in supplies:
            await supply.measure()
        assert [abs(supply.voltage_mv() - 36000) <= 5 for supply in supplies] == [True] * 3
        for n in range(3):
            assert abs(supplies[n].current_ua() - (10000, 500000, 20000)[n]) <= 100
        lab.run_us(20000)
    assert len(slept) == 2 * 4, "one voltage for all, and each wait is the other tasks' turn"
    assert sum(slept) <= 2 * 10
    chip.microvolts = [0, 0, 0, 0]
    assert supplies[1].current_ua() > 0
    await supplies[1].measure()
    assert supplies[1].current_ua() == supplies[1].voltage_mv() == 0


async def scenario_ads1115_supply_reads_nothing_of_a_silent_chip_and_switches():
    settings = {"i2c": 1, "sda": 6, "scl": 7, "address": 0x49, "volts": 0, "amps": 2, "switch": 22}
    lab, supply = driver("ads1115_supply", settings)
    await supply.measure()
    assert supply.voltage_mv() == supply.current_ua() == 0
    assert lab.levels[22] == 1
    supply.switch(False)
    assert lab.levels[22] == 0


def sleeps_of(lab):
    """Return a list that all that `lab.sleep_ms` is asked for goes into."""
    slept = []
    sleep_ms = lab.sleep_ms

    async def noted(ms):
        slept.append(ms)
        await sleep_ms(ms)

    lab.sleep_ms = noted
    return slept


async def scenario_ads1115_thermometer_is_ratiometric():
    for supply_uv, ppm in ((3300000, 0), (3200000, 1000), (3300000, -1500)):
        settings = {"i2c": 1, "sda": 6, "scl": 7, "address": 0x48}
        lab = hardware.install()
        from firmware.hal.drivers import ads1115

        chip = lab.chips["i2c", 1, 0x48] = Ads1115()
        chip.ppm = [0, ppm, 0, -ppm, 0, 0]  # no two gains are quite alike
        one = ads1115.make(lab, dict(settings, input=0))
        two = ads1115.make(lab, dict(settings, input=1))
        for ohms in (921, 1000, 1385):  # -20, 0, +100 degC
            wire = supply_uv * ohms // (4700 + ohms)
            chip.microvolts = [wire, 0, 0, supply_uv]
            # Both at once: a chip converts for one at a time.
            found = await asyncio.gather(one.milliohms(), two.milliohms())
            assert abs(found[0] - 1000 * ohms) <= 300, (ohms, found)  # 0.08 K, a step
            assert found[1] == 0
        chip.microvolts[0] = supply_uv
        assert await one.milliohms() is None
        del lab.chips["i2c", 1, 0x48]
        assert "ADS1115" in await fails(LineFault, one.milliohms())


async def scenario_max31865_measures_and_tells_open_and_silent():
    settings = {"spi": 0, "sck": 18, "mosi": 19, "miso": 16, "cs": 6}
    lab, thermometer = driver("max31865", settings)
    chip = lab.chips["spi", 6] = Max31865(1000000)
    for ohms in (921600, 1000000, 1385055):
        chip.milliohms = ohms
        hardware.SPI(0)  # as a display on the same wires does
        assert abs(await thermometer.milliohms() - ohms) <= 140
    chip.milliohms = None
    assert await thermometer.milliohms() is None
    chip.alive = False
    assert "MAX31865 at pin 6" in await fails(LineFault, thermometer.milliohms())


# --- the panel ---------------------------------------------------------------------------------
async def scenario_relays_keys_leds_power():
    lab, relay = driver("relay_pin", {"pin": 14})
    assert lab.levels[14] == 0
    relay.set(True)
    assert lab.levels[14] == 1
    lab, relay = driver("relay_pin", {"pin": 14, "inverted": 1})
    assert lab.levels[14] == 1
    relay.set(True)
    assert lab.levels[14] == 0
    lab, keys = driver("keys_pins", {"enter": 8, "function": 9})
    assert not keys.enter()
    lab.drive(8, 0)
    assert keys.enter()
    assert not keys.function()
    lab, leds = driver("leds_pins", {"read": 28, "scan": 25})
    assert lab.pwm == {28: 0, 25: 0}
    leds.set("scan", 2)
    leds.set("read", 1)
    assert lab.pwm[25] == 65535
    assert 0 < lab.pwm[28] < 10000
    lab, _ = driver("power_pin", {"pin": 7})
    lab.drive(7, 0)
    lab.drive(7, 1)
    assert lab.power_fails == 1


async def scenario_power_adc_tells_each_fall_once():
    lab = hardware.install()
    lab.microvolts = {29: 1666000}
    from firmware.hal.drivers import power_adc

    power_adc.make(lab, {"pin": 29})
    ((period, look),) = lab.timers.values()
    assert period <= 5
    for volts, told in ((5, 0), (4.1, 0), (3.9, 1), (3, 1), (4.1, 1), (3.9, 1), (4.5, 1), (3.9, 2)):
        lab.microvolts[29] = int(volts * 1000000) // 3
        look(None)
        assert lab.power_fails == told, volts
    lab = hardware.install()
    lab.microvolts = {29: 1200000}
    from firmware.hal.drivers import power_adc

    power_adc.make(lab, {"pin": 29, "timer": 0})
    lab.timers[0][1](None)
    assert lab.power_fails == 0, "it never was well: a board on a weak supply keeps nothing anew"


# --- network -----------------------------------------------------------------------------------
async def scenario_networks_by_dhcp_and_by_hand():
    spi = {"spi": 0, "sck": 18, "mosi": 19, "miso": 16, "cs": 17, "reset": 20}
    lan = {"mdc": 23, "mdio": 18, "power": 12, "ref_clk": 17, "phy_addr": 0}
    for name, settings in (
        ("network_wiznet", spi),
        ("network_wifi", {}),
        ("network_lan_esp32", lan),
    ):
        _, network = driver(name, settings)
        nothing = network.addresses()
        assert nothing["address"] == ""
        assert not nothing["up"]
        await network.configure(True, "", "", "", "")
        found = network.addresses()
        assert (found["address"], found["gateway"], found["up"]) == ("10.0.0.7", "10.0.0.1", True)
        await network.configure(False, "192.168.1.17", "255.255.255.0", "192.168.1.1", "9.9.9.9")
        found = network.addresses()
        assert (found["address"], found["dns"]) == ("192.168.1.17", "9.9.9.9")
        message = await fails(BadSetting, network.configure(False, "nonsense", "", "", ""))
        assert "nonsense" in message


async def scenario_no_dhcp_server_is_told():
    _, network = driver("network_wifi", {})
    network.join("plant room", "secret")
    assert network._nic.joined == ("plant room", "secret")
    network.join("", "")
    assert network._nic.joined is None
    network._nic.server = False
    assert "DHCP" in await fails(LinkLost, network.configure(True, "", "", "", ""))


SCENARIOS = [value for name, value in sorted(globals().items()) if name.startswith("scenario_")]


def main():
    for scenario in SCENARIOS:
        asyncio.run(scenario())
        print("ok", scenario.__name__)


if __name__ == "__main__":
    main()
