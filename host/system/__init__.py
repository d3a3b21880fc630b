"""The computer that the host runs on: its network and its clock, through its own tools."""
