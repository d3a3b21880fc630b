"""`python -m host.updates --port PORT --board BOARD`, the same as `python -m host flash`."""

import sys

from host.updates.flash import main

sys.exit(main())
