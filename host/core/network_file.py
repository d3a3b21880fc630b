"""A change of the network under way, as it lies in the data folder until it has ended."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import structlog

from host.settings.network import NetworkSettings
from host.system.network import Setup
from host.system.tools import SystemFault

FILE_NAME = "network_trial.json"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Trial:
    """A change under way. values: of the chapter; kept: how it was; until_ms: when it is over."""

    values: dict[str, Any]
    kept: dict[str, Any]
    who: str
    until_ms: int

    @property
    def interface(self) -> str:
        return self.values["interface"]

    @property
    def setup(self) -> Setup:
        """How the interface is to be."""
        wanted = NetworkSettings(**self.values)
        dns = tuple(one for one in (wanted.dns1, wanted.dns2) if one)
        if wanted.dhcp:
            return Setup(True, dns=dns)
        return Setup(False, wanted.address, wanted.mask, wanted.gateway, dns)

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """Return the trial that a core before us began, None when there is none."""
        try:
            return cls(**json.loads(file.read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, OSError) as error:
            _log.error("the change of the network under way cannot be read", error=str(error))
            return None

    def write(self, file: Path) -> None:
        """Keep it, also through a power cut. Raises `SystemFault` where that cannot be."""
        new = file.with_suffix(".new")
        try:
            new.touch(0o600)
            with new.open("w") as out:
                out.write(json.dumps(asdict(self)))
                out.flush()
                os.fsync(out.fileno())
            new.replace(file)
        except OSError as error:
            raise SystemFault(f"{file}: {error.strerror}") from error
