"""Reads the meters when they are due, with or without a host, and keeps what they said.

`shared.schedule` says when, `readout_plan` knows whom. Each segment of the bus has its queue: who
was read longest ago comes first, whom somebody asked for before all others. While a scan or the
level converter holds a segment, or a short circuit cuts it off, its meters wait; then each is read
once, however many slots went by.
A battery is never asked more often than its budget allows, not even after a restart: without a
clock it waits a whole interval. Every other meter is read at once when the board starts.

A round is bookkeeping for people: it begins when a meter is due and ends when every meter that was
due since has been asked.
"""

import asyncio
import json

from firmware import kept_values
from firmware.readout import bus_load
from firmware.readout import plan as readout_plan
from firmware.readout.rounds import Rounds
from shared import reading_dates, schedule
from shared.compat import const, ticks_diff
from shared.errors import MbuslinkError
from shared.mbus.addresses import parse_address

_PAUSE_MS = const(100)  # between two looks at the clock in the second before a meter is due
_HELD_MS = const(200)  # between two looks whether the bus is still held or cut off
_AT_ONCE_MS = const(10)  # a reading that fails sooner asked nobody
_TELL_MS = const(250)  # between two tellings of progress
_SAVE_S = const(60)  # between two writes to flash while there is always a meter to read
_LONGEST_SLEEP_S = const(3600)
_LONGEST_AGE_S = const(0x1FFFFF)  # of a reading, that an order by age tells apart
_TICKS_MASK = const(0x3FFFFFFF)
_DETAIL = const(120)  # characters of an error that are kept
_FILE = "logger"
_PIECE = const(8)  # meters of a schedule.get

# Flags of a meter in the plan.
_QUEUED = const(1)  # waits or is being read
_ASKED_FOR = const(2)  # now, whatever the schedule says
_DATE_DUE = const(4)  # a reading date has come
_DATE_OWED = const(8)  # its next reading is that of the reading date
_HELD_BACK = const(16)  # a battery whose last reading before the restart is not yet known
_KEPT_FLAGS = const(30)  # when the plan changes


class Logger:
    """hal, clock, buses, journal: see their modules. tell: `LinkServer.tell`, None to be silent.

    inputs: its `log()` has the board's own inputs kept in the journal, with the common cycle.
    alarms: `Alarms`, which hears of each reading.
    kept: where schedule and moments outlive a restart, `firmware.kept_values`.
    """

    def __init__(
        self, hal, clock, buses, journal, tell=None, inputs=None, alarms=None, kept=kept_values
    ):
        self._hal = hal
        self._clock = clock
        self._buses = buses
        self._journal = journal
        self._tell = tell
        self._inputs = inputs
        self._alarms = alarms
        self._flash = kept
        self._plan = readout_plan.Plan()
        self._coming = readout_plan.Plan()  # filled piece by piece
        self._queues = [[] for _ in range(buses.segments)]
        self._wakes = [asyncio.Event() for _ in range(buses.segments)]
        self._news = asyncio.Event()
        self._rounds = Rounds(hal, readout_plan.MOST_METERS)
        self._started = False
        self._look_at = 0
        self._next_due = None
        self._inputs_served = None
        self._next_date = None
        self._late = 0
        self._too_short = None
        before = self._load_moments()
        self._date = before.get("date")  # the reading date served last, UTC
        self._last_read = before.get("read", {})  # batteries before this boot: moment by address
        self._unsaved = self._plan_unsaved = False
        self._plan.load(kept)
        self._hold_batteries_back()
        self._too_short = bus_load.too_short(self._plan, buses)
        clock.watch(self._clock_set)

    async def run(self):
        """Read for ever: a task a segment, and one that tells and saves."""
        if self._alarms is not None and not self._started:
            self._alarms.report("logger_started", "")
        self._started = True
        self._start_anew()
        work = [self._serve(segment + 1) for segment in range(len(self._queues))]
        tasks = [asyncio.create_task(each) for each in work + [self._keep_house()]]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    def _start_anew(self):
        """Forget who waits: the task may have failed in the midst of a reading."""
        for queue in self._queues:
            queue.clear()
        for index in range(len(self._plan)):
            self._plan.flags[index] &= _KEPT_FLAGS
        self._rounds.changed()
        self._look_again()

    def state(self):
        """Return the params of the notification logger.state."""
        waiting = any(self._queues)
        now = self._clock.now_s()
        due = None if self._next_due is None else max(0, self._next_due - now)
        return {
            "boot": self._hal.boot,
            "revision": self._plan.revision,
            "meters": len(self._plan),
            "held": bool(self._buses.held_by),
            "round": self._rounds.current(),
            "last": self._rounds.last,
            "next_due_s": 0 if waiting else due,
            "late": self._late,
            "too_short": self._too_short,
        }

    def handlers(self):
        """Return the link's methods that are answered here."""
        return {
            "schedule.set": self._set,
            "schedule.get": self._get,
            "logger.state": self._state,
            "readout.start": self._start,
        }

    def read_by_hand(self, segment, address):
        """A meter was read outside the schedule: that counts against its battery."""
        index = self._plan.find(parse_address(address).text, segment)
        if index is not None and self._plan.rhythm(index)[1]:
            self._plan.begin(index, self._clock.now_s(), self._clock.known, by_rule=False)
            self._unsaved = True

    async def save(self):
        """Bring into flash what must outlive a restart. OSError when it is full or broken."""
        if self._plan_unsaved:
            await self._save_plan()
        if self._unsaved and self._clock.known:
            await self._save_moments()

    # --- what is due ---

    def _look(self, now):
        """Put every meter that is due into the queue of its segment."""
        plan, known = self._plan, self._clock.known
        if known:
            self._mark_reading_date(now)
        nearest = None
        for index in range(len(plan)):
            flags = plan.flags[index]
            if flags & _QUEUED:
                continue
            if flags & _DATE_DUE and plan.spent(index, now):
                flags = plan.flags[index] = flags & ~_DATE_DUE  # the next that it may is the date's
            asked = flags & (_ASKED_FOR | _DATE_DUE)
            due = schedule.AT_ONCE if asked else plan.due_s(index, known)
            if due <= now:
                self._queue(index)
            elif nearest is None or due < nearest:
                nearest = due
        for queue in self._queues:
            queue.sort(key=lambda index: self._rank(index, now))
        nearest = self._log_inputs(now, known, nearest)
        if self._next_date is not None and (nearest is None or self._next_date < nearest):
            nearest = self._next_date
        self._next_due = nearest
        self._look_at = now + _LONGEST_SLEEP_S
        if nearest is not None and nearest < self._look_at:
            self._look_at = nearest

    def _rank(self, index, now):
        """Return a meter's place in the queue: who was read longest ago, or never, comes first.

        Whom somebody asked for is as one that was never read. A small int, without an equal.
        """
        asked = self._plan.flags[index] & (_ASKED_FOR | _DATE_DUE)
        age = _LONGEST_AGE_S if asked else min(now - self._plan.begun[index], _LONGEST_AGE_S)
        return index - 256 * age

    def _queue(self, index):
        """Let a meter wait for its turn: who was read longest ago comes first."""
        plan = self._plan
        plan.flags[index] |= _QUEUED
        segment = min(plan.segment(index), len(self._queues))  # an absent one fails when it is read
        self._queues[segment - 1].append(index)
        self._wakes[segment - 1].set()
        if self._rounds.joined(index):
            self._tell_now()

    def _mark_reading_date(self, now):
        """Note when a reading date has come: all meters are due, and owe its reading for a day."""
        plan = self._plan
        if self._next_date is not None and now < self._next_date:
            return
        if not plan.dates:
            return
        last = reading_dates.last_moment(now, plan.dates, plan.offsets)
        self._next_date = reading_dates.next_moment(now, plan.dates, plan.offsets)
        if last is None:
            return
        if self._date is None:
            self._date = now  # what was before we knew of it is none of ours
            self._unsaved = True
        if last > self._date:
            self._date = last
            self._unsaved = True
            if now < last + schedule.DAY_S:
                for index in range(len(plan)):
                    plan.flags[index] |= _DATE_DUE | _DATE_OWED

    def _log_inputs(self, now, known, nearest):
        """Keep what the local inputs say, once in every slot of the common cycle."""
        if self._inputs is None:
            return nearest
        period = self._plan.cycle_s or schedule.SHORTEST_CYCLE_S
        due = schedule.due_s(self._inputs_served, None, period, 0, known)
        if due <= now:
            self._inputs_served = schedule.slot_s(now, due, period, known)
            self._inputs.log()
            due = schedule.due_s(self._inputs_served, None, period, 0, known)
        return due if nearest is None or due < nearest else nearest

    # --- reading ---

    async def _serve(self, segment):
        """Read what is due on a segment, for ever."""
        queue = self._queues[segment - 1]
        worker = self._buses[segment]
        while True:
            now = self._clock.now_s()
            if now >= self._look_at:
                self._look(now)
            if queue and (worker.held_by or worker.cut_off):
                await self._hal.sleep_ms(_HELD_MS)
            elif queue:
                if await self._read(queue.pop(0)):
                    await self._hal.sleep_ms(_PAUSE_MS)
            else:
                await self._nap(self._wakes[segment - 1], self._look_at - now)

    async def _nap(self, wake, seconds):
        """Sleep until `wake` is set, or a little before `seconds` have passed."""
        alarm = asyncio.create_task(self._ring(wake, (seconds - 1) * 1000 or _PAUSE_MS))
        await wake.wait()
        wake.clear()
        alarm.cancel()

    async def _ring(self, wake, ms):
        await self._hal.sleep_ms(max(_PAUSE_MS, ms))
        wake.set()

    def _look_again(self):
        """Something has changed what is due."""
        self._look_at = 0
        for wake in self._wakes:
            wake.set()

    async def _read(self, index):
        """Read a meter and keep what it said; return whether it failed at once, unasked."""
        plan, now = self._plan, self._clock.now_s()
        segment, address = plan.segment(index), plan.address(index)
        flags = plan.flags[index]
        self._late += plan.begin(index, now, self._clock.known, not flags & _ASKED_FOR)
        plan.flags[index] = flags & ~(_ASKED_FOR | _DATE_DUE | _HELD_BACK)
        how = plan.how(index)
        telegrams, error = [], None
        began_ms = self._hal.ticks_ms()
        try:
            telegrams = await self._buses.read_meter(segment, address, **how)
        except MbuslinkError as failure:
            error = {"key": failure.key, "detail": str(failure)[:_DETAIL]}
        self._keep(segment, address, how["baud"], flags, telegrams, error)
        at_once = error is not None and ticks_diff(self._hal.ticks_ms(), began_ms) < _AT_ONCE_MS
        self._finish(segment, address, error is None, at_once)
        return at_once

    def _keep(self, segment, address, baud, flags, telegrams, error):
        entry = {
            "number": None,
            "boot": self._hal.boot,
            "ticks_ms": self._hal.ticks_ms() & _TICKS_MASK,
            "utc_s": self._hal.utc_s(),
            "segment": segment,
            "address": address,
            "baud": baud,
            "kind": "date" if flags & _DATE_OWED and not error else "meter",
            "telegrams": telegrams,
            "error": error,
        }
        self._journal.add(entry)
        if self._alarms is not None:
            self._alarms.note(entry)

    def _finish(self, segment, address, ok, at_once):
        """A meter was asked: free it for its next reading. The plan may have changed meanwhile."""
        plan = self._plan
        index = plan.find(address, segment)
        if index is None:
            return
        plan.flags[index] &= ~_QUEUED
        if ok:
            plan.flags[index] &= ~_DATE_OWED
        if plan.rhythm(index)[1]:
            self._unsaved = True
        if plan.rhythm(index)[0] == schedule.CONTINUOUS:
            pause_s = schedule.SHORTEST_CYCLE_S if at_once else 0
            plan.served[index] = self._clock.now_s() + pause_s
        finished = self._rounds.asked(index, ok)
        known, now = self._clock.known, self._clock.now_s()
        due = plan.due_s(index, known)
        if due <= now:
            self._queue(index)  # behind all others
        elif self._next_due is None or due < self._next_due:
            self._next_due = due
            self._look_at = min(self._look_at, due)
        if finished:
            if 2 * finished["total"] >= len(plan):
                self._too_short = bus_load.too_short(plan, self._buses)
            for again in range(len(plan)):
                if plan.flags[again] & _QUEUED:
                    self._rounds.joined(again)
            self._tell_now()
        self._news.set()

    # --- what others say ---

    def _clock_set(self, step_s):
        self._plan.shift(step_s)
        if self._inputs_served is not None:
            self._inputs_served += step_s
        self._next_date = None
        self._look_again()
        self._place_batteries()

    def _hold_batteries_back(self):
        for index in range(len(self._plan)):
            if self._plan.rhythm(index)[1]:
                self._plan.begun[index] = self._clock.now_s()
                self._plan.flags[index] |= _HELD_BACK

    def _place_batteries(self):
        """Now that the clock is known, go by when the batteries were read before the restart."""
        plan, now = self._plan, self._clock.now_s()
        for index in range(len(plan)):
            if plan.flags[index] & _HELD_BACK:
                plan.flags[index] &= ~_HELD_BACK
                plan.begun[index] = min(now, self._last_read.get(plan.address(index), now))

    async def _set(self, params):
        """Take a piece of a schedule; the last one puts it in force. Raises BadSetting."""
        if self._coming.take(params):
            self._change_plan()
            await self._save_plan()
        return self.state()

    def _change_plan(self):
        plan, self._coming, self._plan = self._coming, self._plan, self._coming
        plan.inherit(self._coming)
        if plan.dates != self._coming.dates:
            self._date = self._clock.now_s() if self._clock.known else None
            self._unsaved = True
        self._coming.empty(plan.header)
        if self._alarms is not None:
            self._alarms.keep_only(lambda segment, address: plan.find(address, segment) is not None)
        self._plan_unsaved = True
        self._next_date = None
        self._start_anew()
        self._too_short = bus_load.too_short(plan, self._buses)
        self._tell_now()

    async def _get(self, params):
        plan = self._plan
        if plan.revision is None:
            return {"schedule": None}
        told = dict(plan.header)
        told["total"] = len(plan)
        told["first"] = params["first"]
        told["meters"] = plan.piece(params["first"], _PIECE)
        return {"schedule": told}

    async def _state(self, params):
        return self.state()

    async def _start(self, params):
        """Have meters read now, all of them without addresses. Unknown ones are passed over."""
        plan, now = self._plan, self._clock.now_s()
        wanted = params["addresses"]
        texts = None if wanted is None else {parse_address(text).text for text in wanted}
        due = spent = 0
        for index in range(len(plan)):
            if texts is not None and plan.address(index) not in texts:
                continue
            if plan.spent(index, now):
                spent += 1
                continue
            due += 1
            plan.flags[index] |= _ASKED_FOR
        self._look_again()
        return {"due": due, "spent": spent}

    # --- telling and saving ---

    def _tell_now(self):
        if self._tell is not None:
            self._tell("logger.state", self.state())

    async def _keep_house(self):
        """Tell of progress, not too often, and keep in flash what must outlive a restart."""
        save_at_s = 0
        while True:
            await self._news.wait()
            self._news.clear()
            self._tell_now()
            if self._plan_unsaved:  # flash or memory had no room for it
                await self._save_plan()
            idle = not any(self._queues)
            if self._unsaved and self._clock.known and (idle or self._clock.now_s() > save_at_s):
                await self._save_moments()
                save_at_s = self._clock.now_s() + _SAVE_S
            await self._hal.sleep_ms(_TELL_MS)

    async def _save_plan(self):
        async with self._buses.quiet():
            self._plan.save(self._flash)
        self._plan_unsaved = False

    async def _save_moments(self):
        self._unsaved = False
        plan = self._plan
        for index in range(len(plan)):
            if plan.rhythm(index)[1] and plan.begun[index]:
                self._last_read[plan.address(index)] = plan.begun[index]
        known = {plan.address(index) for index in range(len(plan)) if plan.rhythm(index)[1]}
        for address in [each for each in self._last_read if each not in known]:
            del self._last_read[address]
        async with self._buses.quiet():
            self._flash.save(_FILE, json.dumps({"date": self._date, "read": self._last_read}))

    def _load_moments(self):
        try:
            before = json.loads(self._flash.load(_FILE) or "{}")
            return before if isinstance(before.get("read", {}), dict) else {}
        except (ValueError, AttributeError):
            return {}
