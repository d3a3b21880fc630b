"""Reads the meters when they are due, with or without a host, and keeps what they said.

`shared.schedule` says when, `plan` knows whom. Each segment of the bus has its queue: who
was read longest ago comes first, whom somebody asked for before all others. While a scan or the
level converter holds a segment, or a short circuit cuts it off, its meters wait; then each is read
once, however many slots went by.
A battery is never asked more often than its budget allows, not even after a restart: without a
clock it waits a whole interval. Every other meter is read at once when the board starts.

A round is bookkeeping for people: it begins when a meter is due and ends when every meter that was
due since has been asked.
"""

import asyncio
import gc

from firmware import kept_values
from firmware.readout import bus_load
from firmware.readout.moments import Moments
from firmware.readout.plan import (
    ASKED_FOR,
    DATE_DUE,
    DATE_OWED,
    HELD_BACK,
    KEPT_FLAGS,
    MOST_METERS,
    QUEUED,
    Plan,
)
from firmware.readout.rounds import Rounds
from shared import schedule
from shared.compat import const, ticks_diff
from shared.errors import BadSetting, Busy, GarbledAnswer, MbuslinkError
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
_PIECE = const(8)  # meters of a schedule.get


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
        self._plan = Plan()
        self._coming = None  # a plan, filled piece by piece
        self._queues = [[] for _ in range(buses.segments)]
        self._wakes = [asyncio.Event() for _ in range(buses.segments)]
        self._news = asyncio.Event()
        self._rounds = Rounds(hal, MOST_METERS)
        self._started = False
        self._look_at = 0
        self._next_due = None
        self._inputs_served = None
        self._next_date = None
        self._late = 0
        self._too_short = None
        self._moments = Moments(kept)
        self._plan_unsaved = False
        self._save_at_s = 0  # not before, while there is always a meter to read
        self._retry_at_s = 0  # not before, after flash had no room
        self._fault = None  # why nothing could be kept last, as text
        self._plan.load(kept)
        self._moments.restore(self._plan, clock.now_s())
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
            self._plan.flags[index] &= KEPT_FLAGS
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
            self._moments.unsaved = True
            self._save_at_s = 0
            self._news.set()

    async def save(self):
        """Bring into flash what must outlive a restart. OSError when it is full or broken."""
        if self._plan_unsaved:
            await self._save_plan()
        if self._moments.unsaved and self._clock.known:
            await self._save_moments()

    # --- what is due ---

    def _look(self, now):
        """Put every meter that is due into the queue of its segment."""
        plan, known = self._plan, self._clock.known
        if known and (self._next_date is None or now >= self._next_date):
            self._next_date = self._moments.look(plan, now)
        nearest = None
        for index in range(len(plan)):
            if plan.flags[index] & QUEUED:
                continue
            due = self._due_s(index, now)
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

    def _due_s(self, index, now):
        """Return when a meter is due, also because somebody or a reading date asks for it."""
        plan, known = self._plan, self._clock.known
        flags = plan.flags[index]
        if flags & DATE_DUE and self._moments.is_on(known, now):
            if not plan.spent(index, now):
                return schedule.AT_ONCE
            plan.flags[index] = flags & ~DATE_DUE  # the next that it may is the date's
        return schedule.AT_ONCE if flags & ASKED_FOR else plan.due_s(index, known)

    def _rank(self, index, now):
        """Return a meter's place in the queue: who was read longest ago, or never, comes first.

        Whom somebody asked for is as one that was never read. A small int, without an equal.
        """
        asked = self._plan.flags[index] & (ASKED_FOR | DATE_DUE)
        age = _LONGEST_AGE_S if asked else min(now - self._plan.begun[index], _LONGEST_AGE_S)
        return index - 256 * age

    def _queue(self, index):
        """Let a meter wait for its turn: who was read longest ago comes first."""
        plan = self._plan
        plan.flags[index] |= QUEUED
        segment = min(plan.segment(index), len(self._queues))  # an absent one fails when it is read
        self._queues[segment - 1].append(index)
        self._wakes[segment - 1].set()
        if self._rounds.joined(index):
            self._tell_now()

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
            elif queue and self._must_note(queue[0], now):
                await self._try(self._save_moments)
            elif queue:
                if await self._read(queue.pop(0)):
                    await self._hal.sleep_ms(_PAUSE_MS)
            else:
                await self._nap(self._wakes[segment - 1], self._look_at - now)

    def _must_note(self, index, now):
        """Tell whether a battery's reading is to be noted in flash before it begins, if it can."""
        return now >= self._retry_at_s and not self._moments.covers(self._plan, index, now)

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
        known = self._clock.known
        self._late += plan.begin(index, now, known, not flags & ASKED_FOR)
        is_date = bool(flags & DATE_OWED) and self._moments.is_on(known, now)
        due = 0 if self._moments.is_ahead(known, now) else DATE_DUE
        plan.flags[index] = flags & ~(ASKED_FOR | HELD_BACK | due)
        how = plan.how(index)
        telegrams, error = [], None
        began_ms = self._hal.ticks_ms()
        try:
            telegrams = await self._buses.read_meter(segment, address, **how)
        except MbuslinkError as failure:
            error = {"key": failure.key, "detail": _detail(address, failure)}
        if is_date:  # still, for the clock may have been set meanwhile
            is_date = not error and self._moments.is_on(self._clock.known, self._clock.now_s())
        kind = "date" if is_date else "meter"
        self._keep(segment, address, how["baud"], kind, telegrams, error)
        at_once = error is not None and ticks_diff(self._hal.ticks_ms(), began_ms) < _AT_ONCE_MS
        self._finish(segment, address, kind, error is None, at_once)
        return at_once

    def _keep(self, segment, address, baud, kind, telegrams, error):
        entry = {
            "number": None,
            "boot": self._hal.boot,
            "ticks_ms": self._hal.ticks_ms() & _TICKS_MASK,
            "utc_s": self._hal.utc_s(),
            "segment": segment,
            "address": address,
            "baud": baud,
            "kind": kind,
            "telegrams": telegrams,
            "error": error,
        }
        self._journal.add(entry)
        if self._alarms is not None:
            self._alarms.note(entry)

    def _finish(self, segment, address, kind, ok, at_once):
        """A meter was asked: free it for its next reading. The plan may have changed meanwhile."""
        plan = self._plan
        index = plan.find(address, segment)
        if index is None:
            return
        plan.flags[index] &= ~QUEUED
        if kind == "date":
            plan.flags[index] &= ~DATE_OWED
            self._moments.paid()
        if plan.rhythm(index)[1]:
            self._moments.unsaved = True
        if plan.rhythm(index)[0] == schedule.CONTINUOUS:
            pause_s = schedule.SHORTEST_CYCLE_S if at_once else 0
            plan.served[index] = self._clock.now_s() + pause_s
        finished = self._rounds.asked(index, ok)
        now = self._clock.now_s()
        due = self._due_s(index, now)
        if due <= now:
            self._queue(index)  # behind all others
        elif self._next_due is None or due < self._next_due:
            self._next_due = due
            self._look_at = min(self._look_at, due)
        if finished:
            if 2 * finished["total"] >= len(plan):
                self._too_short = bus_load.too_short(plan, self._buses)
            for again in range(len(plan)):
                if plan.flags[again] & QUEUED:
                    self._rounds.joined(again)
            self._tell_now()
        self._news.set()

    # --- what others say ---

    def _clock_set(self, step_s):
        self._plan.shift(step_s)
        if self._inputs_served is not None:
            self._inputs_served += step_s
        self._save_at_s += step_s
        self._retry_at_s += step_s
        self._next_date = None
        self._look_again()
        self._moments.place_batteries(self._plan, self._clock.now_s())
        if step_s:
            self._moments.shift(step_s)
            self._news.set()

    async def _set(self, params):
        """Take a piece of a schedule; the last one puts it in force. Raises BadSetting."""
        if params["first"] == 0:
            self._make_room()
        coming = self._coming
        if coming is None:
            raise BadSetting("schedule: meter %d is not next" % params["first"])
        try:
            whole = coming.take(params)
        except MbuslinkError:
            self._coming = None
            raise
        if whole:
            self._coming = None
            self._change_plan(coming)
            await self._try(self._save_plan)
        return self.state()

    def _make_room(self):
        """Begin a plan that comes: it takes its 8 KB only while it does."""
        self._coming = None
        gc.collect()
        try:
            self._coming = Plan()
        except MemoryError:
            raise Busy("schedule: no memory for it just now")  # the one in force stays

    def _change_plan(self, plan):
        before, self._plan = self._plan, plan
        plan.inherit(before)
        if plan.dates != before.dates:
            self._moments.forget_date(self._clock.now_s() if self._clock.known else None)
        if self._alarms is not None:
            self._alarms.keep_only(lambda segment, address: plan.find(address, segment) is not None)
        self._plan_unsaved = self._moments.unsaved = True
        self._next_date = None
        self._news.set()
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
            plan.flags[index] |= ASKED_FOR
        self._look_again()
        return {"due": due, "spent": spent}

    # --- telling and saving ---

    def _tell_now(self):
        if self._tell is not None:
            self._tell("logger.state", self.state())

    async def _keep_house(self):
        """Tell of progress, not too often, and keep in flash what must outlive a restart."""
        while True:
            await self._news.wait()
            self._news.clear()
            self._tell_now()
            now = self._clock.now_s()
            if now >= self._retry_at_s:
                if self._plan_unsaved:
                    await self._try(self._save_plan)
                if self._moments.unsaved and self._clock.known and self._may_save(now):
                    await self._try(self._save_moments)
            await self._hal.sleep_ms(_TELL_MS)

    def _may_save(self, now):
        """Tell whether there is nobody to be read for a while, or has always been."""
        idle = self._next_due is None or self._next_due - now > _SAVE_S
        return now > self._save_at_s or (idle and not any(self._queues))

    async def _try(self, save):
        """Run `save`; where flash or memory has no room say so once, and try again in a minute."""
        try:
            await save()
            self._fault = None
        except (OSError, MemoryError) as error:
            self._retry_at_s = self._clock.now_s() + _SAVE_S
            self._again = asyncio.create_task(self._ring(self._news, 1000 * _SAVE_S))
            if str(error) != self._fault:
                self._fault = str(error)
                print("the logger could not keep its plan and moments: " + self._fault)

    async def _save_plan(self):
        async with self._buses.quiet():
            self._plan.save(self._flash)
        self._plan_unsaved = False

    async def _save_moments(self):
        """Keep the moments; the readings of a reading date are brought into flash before."""
        moments, known = self._moments, self._clock.known
        owed = moments.owed(self._plan, known, self._clock.now_s())
        owes, moments.unsaved, moments.owes = moments.owes, False, False
        try:
            if owes:
                await self._journal.flush()
            async with self._buses.quiet():
                now = self._clock.now_s()
                moments.save(self._plan, known, now, owed)
                self._save_at_s = now + _SAVE_S
        except (OSError, MemoryError):
            moments.unsaved = moments.owes = True
            raise


def _detail(address, failure):
    """Return what is kept of an error. Rubbish differs each time and would take much room."""
    if failure.key == GarbledAnswer.key:
        return "meter %s: no whole frame" % address
    return str(failure)[:_DETAIL]
