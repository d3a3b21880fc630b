"""A board as typed calls: what the readout asks for, without a word of the link.

board = Board("/dev/ttyACM0", on_status=print)
keeping = asyncio.create_task(board.link.run())
entry = await board.read_meter("17", baud=2400)
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from host.device.facts import (
    BoardState,
    Entry,
    FoundMeter,
    JournalPage,
    JournalState,
    LoggerState,
    ScanState,
)
from host.device.inputs import Inputs
from host.device.link import BoardLink, Status
from shared.errors import BadSetting, RemoteError
from shared.link.messages import MOST_ENTRIES, MOST_FOUND, MOST_TELEGRAMS

# The longest frame is 261 characters of 11 bits. A reading is given the time of 32 of them, and a
# minute for resets, retries and other readings before it; a lost link is noticed much earlier.
_READING_BITS = MOST_TELEGRAMS * 261 * 11
_PATIENCE_MS = 60_000
_RESTART_MS = 30_000  # it waits for the telegrams under way, then writes


class Board:
    """Calls on the board behind `url`. Every one raises LinkLost while the link is down.

    on_status, on_state, on_journal, on_scan, on_logger and on_inputs are called as things happen
    and must not block:
    on_journal(boot, number) when the board has kept another reading; it may be missed, on_state
    (every 2 s) repeats the number; on_logger when the board's own readouts went on; on_inputs when
    inputs, supply, relays or alarms have changed.
    """

    def __init__(
        self,
        url: str,
        *,
        on_status: Callable[[Status], None] | None = None,
        on_state: Callable[[BoardState], None] | None = None,
        on_journal: Callable[[int, int], None] | None = None,
        on_scan: Callable[[ScanState], None] | None = None,
        on_inputs: Callable[[Inputs], None] | None = None,
        on_logger: Callable[[LoggerState], None] | None = None,
        link: Callable[..., BoardLink] = BoardLink,
    ) -> None:
        self.link = link(url, on_status=on_status, on_notification=self._notified)
        self._on_state = on_state
        self._on_journal = on_journal
        self._on_scan = on_scan
        self._on_inputs = on_inputs
        self._on_logger = on_logger

    async def read_meter(
        self,
        address: str,
        *,
        segment: int = 1,
        baud: int = 2400,
        snd_nke: bool = True,
        application_reset: int | None = None,
        settle_ms: int = 0,
        retries: int = 2,
        keep: bool = False,
        timeout_ms: int | None = None,
    ) -> Entry:
        """Read one meter now.

        address: primary or secondary as text. segment: of the M-Bus, 1-3. baud: 300 to 38400.
        application_reset: sub-code 0-255, -1 for none behind CI 50h, None for no reset.
        settle_ms: 0-60000, pause after the resets for meters that are deaf for a while.
        retries: 0-10 for each request.
        keep: also enter it into the board's journal. A meter that fails gives an entry with
        `error`; DeadlineExceeded, LinkLost, BadSetting and RemoteError are raised.
        """
        deadline_ms = timeout_ms or _PATIENCE_MS + _READING_BITS * 1000 // baud
        return Entry.of(
            await self.link.call(
                "meter.read",
                timeout_ms=deadline_ms,
                segment=segment,
                address=address,
                baud=baud,
                snd_nke=snd_nke,
                application_reset=application_reset,
                settle_ms=settle_ms,
                retries=retries,
                keep=keep,
            )
        )

    async def fetch(self, boot: int = 0, after: int = 0, limit: int = MOST_ENTRIES) -> JournalPage:
        """Return the entries of the journal that come after number `after` of `boot`.

        The oldest come first, those of earlier boots too. At most `limit` (1-32) and as many as
        the board can send at once: ask again after the last until none comes.
        """
        result = await self.link.call("journal.fetch", boot=boot, after=after, limit=limit)
        return JournalPage.of(result)

    async def acknowledge(self, boot: int, number: int) -> JournalState:
        """Let the board forget its entries up to `number` of `boot`: they are stored here."""
        result = await self.link.call("journal.acknowledge", boot=boot, number=number)
        return JournalState.of(result)

    async def state(self) -> BoardState:
        """Return the board's health."""
        return BoardState.of(await self.link.call("board.state"))

    async def start_scan(self, **wanted: Any) -> ScanState:
        """Begin a scan; `wanted` are the params of `scan.start` in `shared.link.messages`.

        Raises Busy while one runs, BadSetting and BadAddress.
        """
        return ScanState.of(await self.link.call("scan.start", **wanted))

    async def stop_scan(self) -> ScanState:
        """Let the scan end after the probe under way; what was found stays."""
        return ScanState.of(await self.link.call("scan.stop"))

    async def scan_state(self) -> ScanState:
        """Return how the last scan is, whoever started it."""
        return ScanState.of(await self.link.call("scan.state"))

    async def found(self, after: int = 0, limit: int = MOST_FOUND) -> tuple[FoundMeter, ...]:
        """Return at most `limit` (1-16) of the meters found, behind the first `after`."""
        result = await self.link.call("scan.found", after=after, limit=limit)
        return tuple(FoundMeter.of(row) for row in result["meters"])

    async def inputs(self) -> Inputs:
        """Return S0 counters, temperatures, bus supply, relays and alarms."""
        return Inputs.of(await self.link.call("inputs.state"))

    async def logger(self) -> LoggerState:
        """Return how the board's own readouts go."""
        return LoggerState.of(await self.link.call("logger.state"))

    async def give_schedule(self, piece: Mapping[str, Any]) -> LoggerState:
        """Hand over a piece of a schedule (params of schedule.set); the last puts it in force.

        Raises BadSetting or BadAddress for what the board cannot do.
        """
        return LoggerState.of(await self.link.call("schedule.set", **piece))

    async def start_readout(self, addresses: Sequence[str] | None) -> tuple[int, int]:
        """Have these meters of the schedule read now, None: all; at most 64 addresses.

        Return how many will be and of how many the battery's readings of the day are spent.
        """
        given = None if addresses is None else list(addresses)
        result = await self.link.call("readout.start", addresses=given)
        return result["due"], result["spent"]

    async def settings(self, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Change these settings of the board, all or none; return all of them, by name.

        The rows are in `shared.board_settings`. Raises BadSetting.
        """
        if changes:
            return (await self.link.call("settings.set", values=dict(changes)))["values"]
        return (await self.link.call("settings.get"))["values"]

    async def converter(self, what: str) -> dict[str, Any]:
        """Switch the level converter "on" or "off", or neither ("state"); return how it is.

        Raises Busy while somebody else holds the bus, BadSetting for a board that has none.
        """
        try:
            if what == "on":
                return await self.link.call("converter.start", baud=None, segment=None)
            return await self.link.call("converter.stop" if what == "off" else "converter.state")
        except RemoteError as error:
            if "KeyError" not in str(error):
                raise
            raise BadSetting("this board has no level converter") from error

    async def look(self, marks: Sequence[int | None]) -> Mapping[str, Any]:
        """Return the LCD where it is another than `marks` tell (CRC-32 of each band), and the LEDs.

        The row is panel.look of `shared.link.messages`; dots come in hex. Raises BadSetting or
        RemoteError where no panel is fitted.
        """
        return await self.link.call("panel.look", marks=list(marks))

    async def press(self, gesture: str) -> None:
        """Press the keys as `gesture` says, one of `shared.link.messages.GESTURES`."""
        await self.link.call("panel.press", gesture=gesture)

    async def restart(self) -> None:
        """Have the board keep everything in flash and restart; the link comes back by itself."""
        await self.link.call("board.restart", timeout_ms=_RESTART_MS)

    def _notified(self, method: str, params: dict[str, Any]) -> None:
        if method == "board.state" and self._on_state is not None:
            self._on_state(BoardState.of(params))
        elif method == "journal.added" and self._on_journal is not None:
            self._on_journal(params["boot"], params["number"])
        elif method == "scan.state" and self._on_scan is not None:
            self._on_scan(ScanState.of(params))
        elif method == "inputs.state" and self._on_inputs is not None:
            self._on_inputs(Inputs.of(params))
        elif method == "logger.state" and self._on_logger is not None:
            self._on_logger(LoggerState.of(params))
