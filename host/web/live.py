"""The live connection: a WebSocket that sends each page the pieces of HTML that have changed.

A browser says with its address which page it shows (`view`) and in which language, and with its
cookie whose session it has: without one it is told to sign in, and the connection ends with the
session. What is sent is no activity; a minute before the session ends, that is sent. It gets the
whole changing part when it connects, so nothing is missed however long it was away, then each
piece that changes, and the clock every ten seconds: a page that hears nothing for 30 s knows that
its connection is dead. A piece is drawn once for all browsers that show the same thing, with the
templates of the pages themselves. What comes from the browser is not listened to.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from urllib.parse import parse_qs

from flask import Flask
from structlog import get_logger
from werkzeug.exceptions import NotFound
from werkzeug.http import parse_cookie

from host.store.accounts import User
from host.store.database import StoreFault
from host.texts.catalogue import LANGUAGES
from host.texts.locale import words
from host.web import access
from host.web.app import shared_context
from host.web.core_line import CoreLine
from host.web.guard import origin_allowed
from host.web.pages import device as device_page
from host.web.pages import export as export_page
from host.web.pages import inputs as inputs_page
from host.web.pages import messages as messages_page
from host.web.pages import meter as meter_page
from host.web.pages import overview as overview_page
from host.web.pages import scan as scan_page
from host.web.pages import templates as templates_page
from host.web.people import People
from host.web.sessions import WARN_S, Sessions
from host.web.settings import WebSettings
from host.web.sight import NOTHING, Sight, looking, sees_all

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PATH = "/live"
CLOCK_S = 10.0
SUPPLY_S = 10.0
PANEL_S = 5.0
SESSIONS_S = 1.0
_QUEUE_LIMIT = 256
_TRY_AGAIN_LATER = 1013  # the browser reconnects by itself and gets everything afresh
_SIGNED_OUT = 4401  # ... does not, after this
_GOODBYE = f'<div id="idle" data-signed-out="{access.SIGN_IN}?ended=1"></div>'

_log = get_logger("web.live")


class Viewer:
    """One browser page: what it shows, its language, and the pieces that wait to be sent.

    token: of its session. may_change: it shows buttons that change something. sight: the meters it
    may show. warned: it shows that the session ends soon. None as a piece: there is no session any
    more.
    """

    def __init__(self, view: str, language: str, token: str) -> None:
        self.view = view
        self.language = language
        self.token = token
        self.may_change = False
        self.sight: Sight = NOTHING
        self.warned = False
        self.pieces: asyncio.Queue[str | None] = asyncio.Queue(_QUEUE_LIMIT)
        self.overrun = asyncio.Event()

    def push(self, piece: str | None) -> None:
        """Queue a piece; a viewer that is too slow is let go instead of being waited for."""
        try:
            self.pieces.put_nowait(piece)
        except asyncio.QueueFull:
            self.overrun.set()


class Live:
    """Serves `/live` and turns the core's events into pieces of the pages of `app`."""

    def __init__(self, app: Flask, core: CoreLine) -> None:
        self._app = app
        self._core = core
        self._sessions: Sessions = app.extensions["sessions"]
        self._viewers: set[Viewer] = set()
        self._supply_due = asyncio.Event()
        self._panel_due = asyncio.Event()
        self._looked: asyncio.Task[None] | None = None

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket until it ends. Refused before it opens when Origin is foreign.

        One without a session is told to sign in and closed: a browser cannot see why it is refused.
        """
        await receive()  # websocket.connect
        viewer = _viewer(scope)
        if viewer is None:
            await send({"type": "websocket.close", "code": 1008})
            return
        await send({"type": "websocket.accept"})
        try:
            user, seen = await self._user(viewer)
        except StoreFault:
            await send({"type": "websocket.close", "code": _TRY_AGAIN_LATER})
            return
        if user is None:
            viewer.push(None)
        else:
            viewer.may_change, viewer.sight = user.is_administrator, seen
            self._viewers.add(viewer)
            if viewer.view == device_page.DEVICE:
                self._panel_due.set()
            told = self._core.inputs
            if told is None or (datetime.now(UTC) - told.at).total_seconds() > SUPPLY_S:
                self.look_at_supply()
        sending = asyncio.create_task(self._send_pieces(viewer, send))
        try:
            while (await receive())["type"] != "websocket.disconnect":
                pass
        finally:
            self._viewers.discard(viewer)
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending

    async def _send_pieces(self, viewer: Viewer, send: Send) -> None:
        if viewer in self._viewers:
            for piece in await self._draw(viewer, ("all", viewer.view)):
                await send({"type": "websocket.send", "text": piece})
        while not viewer.overrun.is_set():
            piece = await viewer.pieces.get()
            if piece is None:
                await send({"type": "websocket.send", "text": _GOODBYE})
                await send({"type": "websocket.close", "code": _SIGNED_OUT})
                return
            await send({"type": "websocket.send", "text": piece})
        await send({"type": "websocket.close", "code": _TRY_AGAIN_LATER})

    async def keep_clock(self) -> None:
        """Send everyone the time every ten seconds, for ever."""
        while True:
            await asyncio.sleep(CLOCK_S)
            await self.show(("clock",))

    async def keep_supply(self) -> None:
        """Ask for what the banner shows every ten seconds while somebody looks, for ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(SUPPLY_S):
                    await self._supply_due.wait()
            self._supply_due.clear()
            if self._viewers:
                await self._core.ask_inputs()
                await self.show(("supply",))

    async def keep_panel(self) -> None:
        """Have the LCD followed while somebody looks at it, for ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(PANEL_S):
                    await self._panel_due.wait()
            self._panel_due.clear()
            if any(viewer.view == device_page.DEVICE for viewer in self._viewers):
                await self._core.look_at_panel()
                await self.show(("panel",), device_page.DEVICE)

    def look_at_supply(self) -> None:
        """Ask soon: what is known is old, or the board is back."""
        self._supply_due.set()

    async def keep_sessions(self) -> None:
        """Look after the sessions of the viewers every second, for ever."""
        while True:
            await asyncio.sleep(SESSIONS_S)
            await self.warn_idle()

    async def warn_idle(self) -> None:
        """Warn viewers a minute before their session ends, and end those whose session has."""
        for viewer in tuple(self._viewers):
            left_s = self._sessions.left_s(viewer.token)
            if left_s == 0:
                self._dismiss(viewer)
            elif viewer.warned is not (left_s <= WARN_S):
                viewer.warned = not viewer.warned
                for piece in await self._draw(viewer, ("idle", viewer.warned)):
                    viewer.push(piece)

    def sessions_are_others(self) -> None:
        """Look soon whether every viewer still has a session, which role, and what it may see."""
        self._looked = asyncio.create_task(self._look())

    async def _look(self) -> None:
        for viewer in tuple(self._viewers):
            try:
                user, seen = await self._user(viewer)
            except StoreFault:  # a database that cannot be read ends no session
                continue
            if user is None:
                self._dismiss(viewer)
            elif (viewer.may_change, viewer.sight) != (user.is_administrator, seen):
                viewer.may_change, viewer.sight = user.is_administrator, seen  # the page anew
                viewer.push('<div id="idle" data-reload></div>')

    def _dismiss(self, viewer: Viewer) -> None:
        self._viewers.discard(viewer)
        viewer.push(None)

    async def _user(self, viewer: Viewer) -> tuple[User | None, Sight]:
        """Return whose session a viewer has, and what may be seen. Raises `StoreFault`."""

        def look() -> tuple[User | None, Sight]:
            user = access.user_of(self._app, viewer.token)
            if user is None or user.must_change:
                return None, NOTHING
            people: People = self._app.extensions["people"]
            return user, people.seen_by(user)

        return await asyncio.to_thread(look)

    async def show_everything(self) -> None:
        """Draw all pages afresh: after the core was away, events may have been missed."""
        for view in {viewer.view for viewer in self._viewers}:
            await self.show(("all", view), view)

    async def show(self, what: tuple[Any, ...], view: str | None = None) -> None:
        """Draw `what` (see `draw`) and push it to the viewers of `view`, or to all of them."""
        concerned = [v for v in self._viewers if view is None or v.view == view]
        alike: dict[tuple[str, bool, Sight], list[Viewer]] = {}
        for viewer in concerned:
            kind = (viewer.language, viewer.may_change, viewer.sight)
            alike.setdefault(kind, []).append(viewer)
        for viewers in alike.values():
            pieces = await self._draw(viewers[0], what)
            for viewer in viewers:
                for piece in pieces:
                    viewer.push(piece)

    async def show_messages(self) -> None:
        """Draw the status messages afresh where somebody looks at them, by each one's filter."""
        for view in {viewer.view for viewer in self._viewers}:
            wanted = messages_page.wanted_by(view)
            if wanted is not None:
                await self.show(("messages", wanted), view)

    async def _draw(self, viewer: Viewer, what: tuple[Any, ...]) -> list[str]:
        """Draw in a thread: templates and database must not hold up the other sockets."""
        try:
            with looking(viewer.sight):  # a thread takes the context along
                return await asyncio.to_thread(
                    self.draw, viewer.language, what, may_change=viewer.may_change
                )
        except StoreFault as error:
            _log.warning("not drawn", what=what[0], error=str(error))
            return []

    def draw(self, language: str, what: tuple[Any, ...], *, may_change: bool = False) -> list[str]:
        """Return the pieces of HTML for `what`, in `language`; each replaces the element of its id.

        ("clock",), ("link",), ("supply",), ("job",), ("meters",): the whole table, ("rows", ids):
        some of it, ("reload",): the page is to be loaded anew, ("reading", id): the meter page,
        ("all", view): everything that changes on that page. ("export chip",), ("exports",): what
        the core makes.
        ("messages", wanted): the status messages of a filter.
        ("inputs",): what the inputs show. ("panel",): the board's LCD.
        ("idle", warned): that the session ends soon, or no longer.
        may_change: with the buttons of an administrator.
        ("redecoding",): how far the decoding of the history is.
        ("scan chip",), ("scan",), ("found",): how a scan goes, and who was found.
        """
        settings: WebSettings = self._app.extensions["settings"]
        context = shared_context(words(language), self._core, settings)
        context |= {"may_change": may_change}
        match what:
            case ("clock",):
                return self._render(context, "_clock.html")
            case ("link",):
                return self._render(context, "_link.html", "_core_notice.html", "_supply.html")
            case ("supply",):
                return self._render(context, "_supply.html")
            case ("idle", bool(warned)):
                return self._render(context | {"warned": warned}, "_idle.html")
            case ("messages", wanted):
                context |= messages_page.context(self._app, wanted, words(language))
                return self._render(context, "_messages.html")
            case ("job",):
                return self._render(context, "_job.html")
            case ("export chip",):
                return self._render(context, "_export_chip.html")
            case ("exports",) if not sees_all():
                return []
            case ("exports",):
                return self._render(context, "_exports.html")
            case ("scan chip",):
                return self._render(context, "_scan_chip.html")
            case ("panel" | "inputs" | "scan" | "found",) if not may_change:
                return []  # an administrator's page
            case ("panel",):
                context |= device_page.context(self._app)
                return self._render(context, "_panel.html")
            case ("inputs",):
                context |= inputs_page.context(self._app, words(language))
                each = (
                    self._render(context | {"one": one}, "_input_now.html")
                    for one in context["inputs"]
                )
                return [*self._render(context, "_inputs_known.html"), *chain(*each)]
            case ("scan",):
                context |= scan_page.context(self._app, words(language))
                return self._render(context, "_scan_progress.html")
            case ("found",):
                context |= scan_page.context(self._app, words(language))
                return self._render(context, "_scan_found.html", "_plan_summary.html")
            case ("redecoding",) if may_change:
                context |= templates_page.redecoding(self._app)
                return self._render(context, "_redecoding.html")
            case ("redecoding",):
                return []
            case ("meters",):
                context |= overview_page.context(self._app)
                return self._render(context, "_meter_rows.html", "_summary.html")
            case ("rows", numbers):
                context |= overview_page.context(self._app)
                rows = [row for row in context["rows"] if row.meter.id in numbers]
                pieces = [self._render(context | {"row": row}, "_drawn_row.html") for row in rows]
                return [*chain(*pieces), *self._render(context, "_summary.html")]
            case ("reload",):
                return ['<div id="meter-rows" data-reload></div>']
            case ("reading", int(number)):
                try:
                    context |= meter_page.context(self._app, number, None)
                except NotFound:  # it is gone, or may be seen no longer
                    return []
                return self._render(context, "_meter_now.html")
            case ("all", str(view)):
                always = ("_clock.html", "_link.html", "_core_notice.html", "_job.html")
                pieces = self._render(context, *always, "_supply.html", "_export_chip.html")
                pieces += self._render(context, "_scan_chip.html")
                return pieces + self._page(language, view, may_change=may_change)
            case _:
                raise ValueError(what)

    def _page(self, language: str, view: str, *, may_change: bool) -> list[str]:
        """Return the changing part of the page `view`."""
        if view == overview_page.OVERVIEW:
            return self.draw(language, ("meters",))
        if view == export_page.EXPORT:
            return self.draw(language, ("exports",), may_change=may_change)
        if view == device_page.DEVICE:
            return self.draw(language, ("panel",), may_change=may_change)
        if view == inputs_page.INPUTS:
            return self.draw(language, ("inputs",), may_change=may_change)
        if view == templates_page.VIEW:
            return self.draw(language, ("redecoding",), may_change=may_change)
        if view == scan_page.SCAN:
            parts = (self.draw(language, (one,), may_change=may_change) for one in scan_page.PARTS)
            return [*chain(*parts)]
        wanted = messages_page.wanted_by(view)
        if wanted is not None:
            return self.draw(language, ("messages", wanted))
        kind, _, number = view.partition("-")
        if kind == "meter" and number.isdigit():
            return self.draw(language, ("reading", int(number)), may_change=may_change)
        return []

    def _render(self, context: dict[str, Any], *templates: str) -> list[str]:
        with self._app.app_context():
            return [
                self._app.jinja_env.get_template(name).render(context).strip() for name in templates
            ]


def _viewer(scope: Scope) -> Viewer | None:
    """Return who connects with the handshake `scope`, or None when a foreign page does."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    if not origin_allowed(headers.get("origin"), headers.get("host", "")):
        return None
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    language = query.get("language", ["en"])[0]
    cookies = parse_cookie(headers.get("cookie", ""))
    token = cookies.get(access.COOKIE, "")
    return Viewer(query.get("view", [""])[0], language if language in LANGUAGES else "en", token)
