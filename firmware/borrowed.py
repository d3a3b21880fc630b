"""Modules that are in memory only while they are needed: what is large and used now and then."""

import gc
import sys


class Borrowed:
    """Loads modules, and takes them and all that they brought along out of memory again."""

    def __init__(self):
        self._names = []

    def load(self, importer):
        """Return what the function `importer` imports and returns: a module.

        Raises MemoryError when there is no room for it; nothing stays then.
        """
        before = set(sys.modules)
        try:
            return importer()
        except MemoryError:
            gc.collect()
            self._forget([name for name in sys.modules if name not in before])
            raise
        finally:
            self._names += [name for name in sys.modules if name not in before]

    def give_back(self):
        """Forget the modules. Who still uses one keeps it."""
        names, self._names = self._names, []
        self._forget(names)

    def _forget(self, names):
        for name in names:
            sys.modules.pop(name, None)
            package, _, last = name.rpartition(".")
            holder = sys.modules.get(package)
            if holder is not None and hasattr(holder, last):
                delattr(holder, last)
        gc.collect()
