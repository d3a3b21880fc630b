"""What the board's own page (`mini_web.html`) asks, answered with microdot.

Everybody in the LAN may look; who has read the PIN from the LCD may also change. What the page
shows and does are the link's own methods, checked by the same table.

    GET  /         the page, in pieces from flash
    GET  /state    {method: its result, ...} of STATES, and who is asking
    GET  /found    one page of what the last scan found, as scan.found; ?after=COUNT
    GET  /meters   one page of meters with their latest values; ?from=INDEX&lang=LANGUAGE
    POST /enter    {"pin": "123456"} -> a session, as a cookie
    POST /leave    ends it
    POST /ask      {"method": one of CHANGES, "params": {...}} -> {"result": {...}}
"""

# microdot takes more kinds of bodies and streams than its stubs say.
# pyright: reportArgumentType=false

import asyncio
import gc
import json

from microdot import Microdot, Request, Response  # pyright: ignore[reportMissingImports]

from firmware.web.access import is_own_host
from firmware.web.page import Page
from firmware.web.peer import ipv4_of
from firmware.web.stream import BoundedStream, TooMuch
from shared.compat import const
from shared.errors import BadSetting, Busy, MbuslinkError
from shared.version import VERSION

BODY = const(4096)
HEADERS = const(4096)
_REQUEST_MS = const(5000)  # real milliseconds from the first byte of a request to its last
_ANSWER_MS = const(20000)  # real milliseconds for a slow phone to take the page
_DRAIN = const(16384)  # bytes of a body too large that are read, so that the answer is heard
_DRAIN_MS = const(1000)
_METERS = const(20)  # in a page of the list
_FOUND = const(16)  # in a page of what was found

STATES = (
    "board.state",
    "logger.state",
    "scan.state",
    "inputs.state",
    "network.state",
    "converter.state",
)
CHANGES = (
    "scan.start",
    "scan.stop",
    "converter.start",
    "converter.stop",
    "network.propose",
    "network.confirm",
    "board.restart",
)
MEMORY = "no memory for this just now; try again in a minute"
_COOKIE = "mbuslink"


class App:
    """web: the `MiniWeb` whose requests it answers."""

    def __init__(self, web):
        self._web = web
        self._page = Page(__file__.rsplit("/", 1)[0] + "/mini_web.html")
        self._page.prepare()
        Request.max_content_length = Request.max_body_length = BODY
        self._following = False
        self._app = self._routes()

    async def answer(self, reader, writer):
        """Answer one request, within its limits. OSError, EOFError, asyncio.TimeoutError."""
        request = None
        peer = writer.get_extra_info("peername")
        too_much = False
        stream = BoundedStream(reader, HEADERS + BODY)
        try:
            request = await asyncio.wait_for_ms(
                Request.create(self._app, stream, writer, ipv4_of(peer)), _REQUEST_MS
            )
            response = await self._app.dispatch_request(request)
        except TooMuch:
            too_much = True
            response = Response("", 431)
        except (ValueError, KeyError, IndexError):  # no HTTP, or a strange one
            response = Response("", 400)
        for name, value in self._page.headers:
            response.headers[name] = value
        await asyncio.wait_for_ms(response.write(writer), _ANSWER_MS)
        if too_much or (request and request.content_length > BODY):
            await asyncio.wait_for_ms(stream.skip(_DRAIN), _DRAIN_MS)

    def _routes(self):
        app = Microdot()
        for path, method, function in (
            ("/", "GET", self._get_page),
            ("/state", "GET", self._get_state),
            ("/found", "GET", self._get_found),
            ("/meters", "GET", self._get_meters),
            ("/enter", "POST", self._enter),
            ("/leave", "POST", self._leave),
            ("/ask", "POST", self._ask),
        ):
            app.route(path, methods=[method])(_checked(function))
        return app

    async def _get_page(self, request):
        if request.headers.get("If-None-Match") == self._page.tag:
            return Response("", 304, {"ETag": self._page.tag})
        return self._page.response(Response)

    async def _get_state(self, request):
        found = {}
        for method in STATES:
            if self._web.link.answers(method):
                found[method] = await self._web.link.ask(method, {})
        hal = self._web.hal
        found["board"] = [hal.board, hal.unique_id, VERSION]
        found["name"] = self._web.settings.get("name")
        found["language"] = self._web.settings.get("language")
        token = self._web.access.token(request.cookies.get(_COOKIE))
        found["token"] = token
        return Response(_json_pieces(found), 200, {"Content-Type": "application/json"})

    async def _get_found(self, request):
        params = {"after": _number(request.args.get("after")), "limit": _FOUND}
        return await self._web.link.ask("scan.found", params)

    async def _get_meters(self, request):
        await self._follow_schedule()
        values = self._web.decoder()
        rows = self._web.latest.page(_number(request.args.get("from")), _METERS)
        return Response(
            _meter_pieces(rows, len(self._web.latest), values, request.args.get("lang")),
            200,
            {"Content-Type": "application/json"},
        )

    async def _follow_schedule(self):
        """List the meters of the schedule in force, read or not, and no others but those read."""
        link, latest = self._web.link, self._web.latest
        if not link.answers("schedule.get"):
            return
        revision = (await link.ask("logger.state", {}))["revision"]
        if self._following or revision in (None, latest.revision):
            return
        self._following = True
        try:
            latest.begin()
            first, total = 0, None
            while total is None or first < total:
                told = (await link.ask("schedule.get", {"first": first}))["schedule"]
                if not told or told["revision"] != revision:
                    return  # another is in force meanwhile: at the next look
                for meter in told["meters"]:
                    latest.expect(meter["segment"] or 1, meter["address"])
                first, total = first + len(told["meters"]), told["total"]
                await asyncio.sleep(0)
            latest.end(revision)
        finally:
            self._following = False

    async def _enter(self, request):
        cookie = self._web.access.enter(request.json.get("pin"), request.client_addr)
        response = Response({"token": self._web.access.token(cookie)})
        response.headers["Set-Cookie"] = (
            _COOKIE + "=" + cookie + "; Path=/; HttpOnly; SameSite=Strict"
        )
        return response

    async def _leave(self, request):
        if not self._may_change(request):
            return Response("", 403)
        self._web.access.leave(request.cookies[_COOKIE])
        return Response({})

    async def _ask(self, request):
        if not self._may_change(request):
            return Response({"error": {"key": "pin", "detail": ""}}, 403)
        method, params = request.json.get("method"), request.json.get("params")
        if method not in CHANGES or not self._web.link.answers(method):
            raise BadSetting("%s is not for this page" % (method,))
        return {"result": await self._web.link.ask(method, params)}

    def _may_change(self, request):
        cookie = request.cookies.get(_COOKIE)
        return self._web.access.may_change(cookie, request.headers.get("X-Token"))


def _number(text):
    """Return the index that `text` of a query (or None) means, 0 for none."""
    return int(text) if text and text.isdigit() and len(text) < 5 else 0


def _checked(function):
    """Return the route `function` behind what keeps other sites out and tells of what failed."""

    async def answer(request):
        try:
            status = _strangeness(request)
            return Response("", status) if status else await function(request)
        except MemoryError:
            gc.collect()
            return Response({"error": {"key": "memory", "detail": MEMORY}}, 503)
        except Busy as error:
            return _refusal(error, 429)
        except MbuslinkError as error:
            return _refusal(error, 400)

    return answer


def _refusal(error, status):
    return Response({"error": {"key": error.key, "detail": str(error)[:200]}}, status)


def _strangeness(request):
    """Return the status that refuses what no page of ours sends, 0 for a good request."""
    host = request.headers.get("Host", "")
    if not is_own_host(host):
        return 421
    if request.method != "POST":
        return 0
    if request.headers.get("Origin") != "http://" + host:
        return 403
    if (request.content_type or "").split(";")[0] != "application/json":
        return 415
    try:
        return 0 if isinstance(request.json, dict) else 400
    except ValueError:
        return 400


def _json_pieces(found):
    """Yield the JSON of the dict `found`, a value at a time: no large text in memory."""
    first = "{"
    for name in found:
        yield first + json.dumps(name) + ":" + json.dumps(found[name])
        first = ","
    yield "}"


def _meter_pieces(rows, total, values, language):
    """Yield the JSON of a page of meters, decoded one by one by `values` (the module)."""
    first = '{"total":%d,"meters":[' % total
    for segment, address, utc_s, error, gist in rows:
        about, medium, found = values.describe(gist, language)
        meter = {
            "segment": segment,
            "address": address,
            "utc_s": utc_s,
            "error": error,
            "read": bool(gist),
            "about": about,
            "medium": medium,
            "values": found,
        }
        yield first + json.dumps(meter)
        first = ","
    yield ("" if rows else first) + "]}"
