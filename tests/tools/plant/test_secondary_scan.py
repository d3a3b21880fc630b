"""A secondary scan digit by digit, as libmbus does it, finds every meter on the bus."""

import pytest

from shared.errors import FrameError
from shared.mbus import addresses, frames
from tests.fakes.virtual_master import VirtualMaster
from tools.plant import population, profiles
from tools.plant.bus import Bus

KINDS = profiles.load()


class Scan:
    """Depth first: a digit more wherever more than one meter may have answered."""

    def __init__(self, bus: Bus) -> None:
        self.master = VirtualMaster(bus)
        self.found: set[str] = set()
        self.probes = 0

    def probe(self, prefix: str) -> None:
        self.probes += 1
        mask = addresses.parse_address(prefix.ljust(8, "F")).secondary
        selected = self.master.ask(frames.long_frame(frames.SND_UD, 253, 0x52, mask), 0.3)
        if not selected:
            return
        if selected == frames.ACK:
            answer = self.master.ask(frames.short_frame(frames.REQ_UD2 | frames.FCB, 253), 0.3)
            try:
                frames.check_frame(answer)
                self.found.add(addresses.secondary_of(answer)[:8])
                return
            except FrameError:
                pass  # two acknowledgements had merged into a clean one
        if len(prefix) < 8:
            for digit in "0123456789":
                self.probe(prefix + digit)


@pytest.mark.parametrize("same_delay", [False, True])
def test_finds_every_meter(same_delay):
    meters = population.demo(KINDS, 20)
    for meter in meters:
        if same_delay:
            meter.delay_bits, meter.jitter_bits = 30.0, 0.2
    bus = Bus(meters, 1_795_000_000.0)
    scan = Scan(bus)
    scan.probe("")
    assert scan.found == {meter.identity.serial for meter in meters}
    assert 100 < scan.probes < 600
    assert bus.statistics.collisions > 10
    assert bus.statistics.idle_violations == 0
