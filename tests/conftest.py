"""What every test may rely on: the environment's programs on PATH, wherever pytest was started."""

import os
import sys
from pathlib import Path

os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
