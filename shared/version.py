"""The version of mbuslink: of the firmware, the host and the pages alike."""

VERSION = "0.1.0"
