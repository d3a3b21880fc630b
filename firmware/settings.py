"""The board's settings: the values of `shared.board_settings`, kept in flash.

All that differ from the defaults stand in one small file, replaced in one step: after a power cut
the settings are those before the change or those after it. A kept value that a newer firmware no
longer allows gives way to the default.
"""

import json

from firmware import kept_values
from shared.board_settings import check_setting, defaults, shown
from shared.errors import BadSetting

_FILE = "settings"


class Settings:
    """quiet: `Buses.quiet`, so that flash is not written while a telegram comes; None without."""

    def __init__(self, quiet=None):
        self.quiet = quiet
        self._values = defaults()
        self._watchers = []
        self._load()

    def _load(self):
        try:
            kept = json.loads(kept_values.load(_FILE) or "{}")
        except ValueError:
            return
        for name in kept if isinstance(kept, dict) else ():
            try:
                check_setting(name, kept[name])
                self._values[name] = kept[name]
            except BadSetting:
                pass

    def get(self, name):
        """Return the value of the setting `name`."""
        return self._values[name]

    def all(self):
        """Return a copy of all values, by name; of a secret only whether it is set."""
        return shown(self._values)

    def watch(self, callback):
        """Have `callback(names)` called after each change, with the set of names that changed."""
        self._watchers.append(callback)

    async def change(self, values):
        """Take all of `values` (a dict by name), or none.

        Raises BadSetting for the first that is not allowed, OSError when flash is full or broken.
        """
        for name in values:
            check_setting(name, values[name])
        changed = {name for name in values if values[name] != self._values[name]}
        if not changed:
            return
        merged = dict(self._values)
        merged.update(values)
        first = defaults()
        text = json.dumps({name: merged[name] for name in merged if merged[name] != first[name]})
        if self.quiet is None:
            kept_values.save(_FILE, text)
        else:
            async with self.quiet():
                kept_values.save(_FILE, text)
        self._values = merged
        for callback in self._watchers:
            callback(changed)

    def handlers(self):
        """Return the link's methods that are answered here."""
        return {"settings.get": self._get, "settings.set": self._set}

    async def _get(self, params):
        return {"values": self.all()}

    async def _set(self, params):
        await self.change(params["values"])
        return {"values": self.all()}
