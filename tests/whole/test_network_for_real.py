"""L1 with the real core and a real systemd-networkd: killed after a change, it has all back."""

import pytest

from tests.fakes import own_network


@pytest.mark.skipif(bool(own_network.why_not()), reason=own_network.why_not())
def test_l1_a_core_killed_on_trial_has_the_network_back_when_it_starts() -> None:
    done = own_network.inside("networkd", "tests.whole.network_for_real")
    assert done.returncode == 0, done.stderr
