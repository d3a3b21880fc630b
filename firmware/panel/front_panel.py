"""The front panel: two keys, two LEDs and the LCD, joined to what the rest of the firmware says.

It looks at the keys every 20 ms, builds the page that is shown twice a second and draws only when
the page has changed, with other tasks running between any two steps. What it shows comes from
`sources`, what it causes goes through `actions`: it owns nothing but the panel itself.
"""

from firmware.borrowed import Borrowed
from firmware.panel import keys, pages
from firmware.panel.keys import Keys
from firmware.panel.words import Words
from shared.compat import const, ticks_diff
from shared.errors import MbuslinkError

_LOOK_MS = const(20)
_REFRESH_MS = const(500)
_ANEW_MS = const(60000)  # a display that a switching contactor has disturbed heals in a minute
_NOTICE_MS = const(4000)
_SETUP_MS = const(180000)  # a set-up that nobody touches ends without changes
_PIN_MS = const(600000)  # how long the PIN is shown, also where the light is always on
_RESULT_MS = const(600000)  # how long the result of a scan stays in front
_RESTART_MS = const(500)  # time to read that it restarts

# The pages in the order of the Function key, and what each needs in its view beside ALWAYS. The one
# in front is what is urgent, or else the state page.
FRONT = const(0)
STATE = const(1)
ERRORS = const(4)
WEB = const(5)
ALWAYS = ("storage", "buses", "scan", "converter", "logger")
PAGES = (
    ("state_page", ("name", "network", "version")),
    ("state_page", ("name", "network", "version")),
    ("bus_page", ()),
    ("inputs_page", ("pulses", "temperatures", "relays")),
    ("errors_page", ("errors",)),
    ("web_page", ("network", "web")),
    ("system_page", ("host", "journal", "utc_s", "uptime_s", "board", "version")),
)

# (READ, SCAN) by what goes on: 1 dim, 2 bright (manual 6.1, 6.2.1).
LEDS_STARTING = LEDS_SCAN = (2, 2)
LEDS_READING = (2, 1)
LEDS_IDLE = (1, 1)


def _more():
    from firmware.panel import more_pages

    return more_pages


def _urgent():
    from firmware.panel import urgent_pages

    return urgent_pages


def _setup():
    from firmware.panel import setup_page

    return setup_page


class FrontPanel:
    """hal: `display`, `keys` and `leds` may each be None. settings: `firmware.settings.Settings`.

    sources  key of a view (`firmware/panel/pages.py`) -> function that returns its value
    busy     function: whether a meter is being read right now
    actions  "scan", "stop_scan", "restart" -> async function without arguments; "restart" keeps
             what must be kept and resets the board. MbuslinkError says why it was refused.
    """

    def __init__(self, hal, settings, sources, busy, actions):
        self._hal = hal
        self._settings = settings
        self._sources = sources
        self._busy = busy
        self._actions = actions
        self._keys = Keys()
        self._language = None
        self._words = None
        self._borrowed = Borrowed()  # the pages but the first are in memory while they are shown
        self._importer, self._module = None, pages
        self._view = {}
        self._page = FRONT
        self._first_error = 0
        self._setup = None
        self._notice = None  # steps of a page that goes by itself
        self._notice_at = 0
        self._touched_at = hal.ticks_ms()  # when a key was down last; counts while lit or set up
        self.lit = None
        self._woken = False  # this press has only put the light on
        self._scan_over_at = None  # ticks when a scan ended whose result nobody has seen
        self._steps = None  # what the display shows
        self._drawn_at = hal.ticks_ms()
        self.leds = None
        self.canvas = None
        self.drawing = False  # the picture is not whole
        self._pressed = 0  # a gesture from afar
        self._light_leds(LEDS_STARTING)
        if hal.display:
            from firmware.panel.canvas import Canvas

            self.canvas = Canvas()

    def press(self, gesture):
        """Take a gesture of `firmware/panel/keys.py` as if hands had made it; it lights the LCD."""
        self._pressed = gesture

    def text(self):
        """Return the words on the LCD, one after the other."""
        parts = [part for step in self._steps or () for part in step[1:] if isinstance(part, str)]
        return "\n".join(parts)[:400]

    async def run(self):
        """Serve the panel until cancelled."""
        looked_at = None
        if self.lit is None:
            self._backlight(True)
        while True:
            now = self._hal.ticks_ms()
            gesture = self._look(now)
            if gesture:
                await self._obey(gesture)
            if gesture or looked_at is None or ticks_diff(now, looked_at) >= _REFRESH_MS:
                looked_at = now
                self._collect(now)
                self._let_time_pass(now)
                await self._show(now)
            self._light_leds(self._wanted_leds())
            await self._hal.sleep_ms(_LOOK_MS)

    # --- keys ---

    def _look(self, now):
        """Look at the keys; a key that is down puts the light on. Return a gesture, or 0."""
        if self._pressed:
            pressed, self._pressed = self._pressed, 0
            self._touched_at, self._woken = now, False
            self._backlight(True)
            return pressed
        if self._hal.keys is None:
            return 0
        before = self._keys.down
        gesture = self._keys.feed(self._hal.keys.enter(), self._hal.keys.function(), now)
        if self._keys.down:
            self._touched_at = now
            if not before:
                self._woken = not self.lit
                self._backlight(True)
        return gesture

    async def _obey(self, gesture):
        shows_notice, self._notice = self._notice, None
        if gesture == keys.BOTH_HELD:
            await self._restart()
        elif self._setup:
            await self._obey_in_setup(self._setup, gesture)
        elif gesture == keys.ENTER_HELD:
            await self._act("scan")
            self._page, self._scan_over_at = FRONT, None
        elif gesture == keys.FUNCTION_HELD:
            self._open_setup()
        elif not self._woken and not shows_notice:
            await self._turn(gesture)

    async def _turn(self, gesture):
        """A short press outside the set-up."""
        if gesture == keys.BOTH and self._scans():
            await self._act("stop_scan")
        elif gesture == keys.FUNCTION:
            self._next_page()
        elif gesture == keys.ENTER and self._page == ERRORS:
            shown = self._first_error + pages.ERRORS_SHOWN
            self._first_error = shown if shown < len(self._view.get("errors", ())) else 0
        else:
            self._page = FRONT
        self._scan_over_at = None

    def _next_page(self):
        if self._page == FRONT and self._front() is None:
            self._page = STATE  # that is what "front" shows
        self._page = (self._page + 1) % len(PAGES)
        self._first_error = 0

    async def _act(self, name):
        try:
            await self._actions[name]()
        except MbuslinkError as error:
            self._refuse(error)

    async def _restart(self):
        if self._scans():
            await self._act("stop_scan")  # it ends, and the host hears of it, before the restart
        self._steps = None
        self._setup = None
        self._tell("restarting")
        await self._show(self._hal.ticks_ms())
        await self._hal.sleep_ms(_RESTART_MS)
        await self._act("restart")

    # --- the network set-up ---

    def _open_setup(self):
        network = self._ask("network") or {}
        values = []
        for name in ("address", "mask", "gateway"):
            values.append(network.get(name) or self._settings.get("network." + name))
        self._setup = self._lend(_setup).start(*values)

    async def _obey_in_setup(self, setup, gesture):
        if gesture == keys.FUNCTION:
            setup.count_up()
        elif gesture == keys.ENTER:
            setup.confirm()
        elif gesture == keys.BOTH:
            setup.back()
        elif gesture == keys.FUNCTION_HELD:
            self._setup = None
            self._tell("unchanged")
        if setup.result:
            self._setup = None
            try:
                await self._settings.change(setup.result)
                self._tell("applied", str(setup.result.get("network.address", "DHCP")))
            except (MbuslinkError, OSError) as error:
                self._refuse(error)
            self._page = FRONT

    # --- time ---

    def _let_time_pass(self, now):
        """End what has lasted long enough: notice, set-up, light, the result of a scan."""
        idle_ms = ticks_diff(now, self._touched_at)
        if self._notice and ticks_diff(now, self._notice_at) >= _NOTICE_MS:
            self._notice = None
        if self._setup and idle_ms >= _SETUP_MS:
            self._setup = None
            self._tell("unchanged")
        light_s = self._settings.get("panel.backlight_s")
        if self.lit and light_s and not self._setup and idle_ms >= 1000 * light_s:
            self._backlight(False)
            self._page = FRONT
        if self._page == WEB and idle_ms >= _PIN_MS:
            self._page = FRONT
        over_at = self._scan_over_at
        if over_at is not None and ticks_diff(now, over_at) >= _RESULT_MS:
            self._scan_over_at = None

    def _collect(self, now):
        """Ask the sources; notice the end of a scan and a change of language."""
        was_running = self._scans()
        self._view = {}
        for name in ALWAYS + PAGES[self._page][1]:
            self._ask(name)
        if was_running and not self._scans():
            self._scan_over_at = now
        language = self._settings.get("language")
        if language != self._language:
            self._language, self._words = language, Words(language)

    def _scans(self):
        """Tell whether a scan runs, at the last look."""
        return self._view.get("scan", {}).get("running")

    def _ask(self, name):
        """Return what the source of `name` says now; it goes into the view."""
        if name in self._sources:
            self._view[name] = self._sources[name]()
        return self._view.get(name)

    # --- what can be seen ---

    def _tell(self, key, detail=""):
        """Show one word for some seconds, or until a key is pressed."""
        self._notice = pages.notice_page(self._words, key, detail)
        self._notice_at = self._hal.ticks_ms()

    def _refuse(self, error):
        """Say that something was refused, and why as far as there are words for it."""
        key = "not_kept" if isinstance(error, OSError) else "why_" + error.key
        self._tell("refused", self._words.get(key, "") if self._words else "")

    def _front(self):
        return pages.urgent(self._view, self._scan_over_at is None)

    def _lend(self, importer):
        """Return the module that `importer` imports, in place of the one lent before."""
        if importer is not self._importer:
            self._importer, self._module = None, pages
            self._borrowed.give_back()
            self._module = self._borrowed.load(importer)
            self._importer = importer
        return self._module

    def _page_steps(self, now):
        """Return the steps of what is to be seen now."""
        words, view = self._words, self._view
        front = self._front() if self._page == FRONT else None
        if self._notice:
            steps = self._notice
        elif self._setup:
            steps = self._lend(_setup).setup_page(words, self._setup)
        elif front:
            steps = getattr(self._lend(_urgent), front)(view, words)
        elif self._page in (FRONT, STATE):
            steps = pages.state_page(view, words)
        elif self._page == ERRORS:
            steps = self._lend(_more).errors_page(view, words, self._first_error)
        else:
            steps = getattr(self._lend(_more), PAGES[self._page][0])(view, words)
        held = self._keys.held(now)
        return steps + pages.hold_steps(words, *held) if held else steps

    async def _show(self, now):
        """Draw and send the page if it is another one than before."""
        if self.canvas is None:
            return
        steps = self._page_steps(now)
        anew = ticks_diff(now, self._drawn_at) >= _ANEW_MS
        if steps == self._steps and not anew:
            return
        canvas = self.canvas
        self.drawing = True
        try:
            canvas.clear()
            for step in steps:
                canvas.draw(step)
                await self._hal.sleep_ms(0)
        finally:
            self.drawing = False
        self._drawn_at = now
        self._steps = steps
        try:
            await self._hal.display.show(canvas.buffer, anew)
        except OSError:
            self._steps = None  # its plug is loose: try again at the next look

    def _backlight(self, on):
        if on != self.lit:
            self.lit = on
            if self._hal.display:
                self._hal.display.backlight(on)

    def _wanted_leds(self):
        if self._scans():
            return LEDS_SCAN
        return LEDS_READING if self._busy() else LEDS_IDLE

    def _light_leds(self, leds):
        if self._hal.leds and leds != self.leds:
            self.leds = leds
            self._hal.leds.set("read", leds[0])
            self._hal.leds.set("scan", leds[1])
