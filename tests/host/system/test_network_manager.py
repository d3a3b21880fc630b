"""L1 through NetworkManager, a real one in a network of its own."""

import pytest

from host.system.network_manager import NetworkManager
from tests.fakes import own_network
from tests.fakes.loop import in_loop


@in_loop
@pytest.mark.parametrize(("said", "may"), [("yes", True), ("no", False), ("auth", False)])
async def test_l1_who_has_no_right_is_told_so(said: str, may: bool) -> None:
    async def run(*argv: str) -> str:
        return f"org.freedesktop.NetworkManager.settings.modify.system:{said}\n"

    assert await NetworkManager(run).may() is may


@pytest.mark.skipif(bool(own_network.why_not()), reason=own_network.why_not())
@pytest.mark.parametrize("scenario", ["network_manager", "network_manager_first"])
def test_l1_a_real_network_manager_changes_an_address_and_has_it_back(scenario: str) -> None:
    done = own_network.inside("NetworkManager", "tests.host.system.network_scenarios", scenario)
    assert done.returncode == 0, done.stderr
