"""The plant inside the test's own process: see `tools.plant.running`."""

from tools.plant.running import RunningPlant, running_plant

__all__ = ["RunningPlant", "running_plant"]
