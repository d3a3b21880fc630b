"""Tables of what may be said on a link, and the check of every message against its row.

A row is a method (a request with params that gets a result) or a notification (params only). What
a value may be is a plain tuple, made by the functions below: kind, bounds, parts. Both ends check
what they send and what they receive, so a mistake is named where it is made. The fingerprint of
the table tells two ends of different versions apart before they misunderstand each other.

The fields of a row may stand in a function: it is called for each check, so that they are in the
memory of a board no longer than that. A computer keeps them.

Rules for rows: integers only, no floats; facts are absolute (a count, a number), never a change;
measured values travel as raw telegrams. `hello` keeps its names for ever and may only gain fields.
"""

from binascii import crc32, unhexlify

from shared.compat import ROOMY, TYPE_CHECKING
from shared.errors import BadSetting

if TYPE_CHECKING:
    from collections.abc import Callable

    Kind = tuple[object, ...]
    Fields = Kind | Callable[[], Kind]


def integer(low: int, high: int) -> "Kind":
    """An int from `low` to `high`, both included."""
    return ("integer", low, high)


def choice(*values: "int | str") -> "Kind":
    """One of `values`, ints or texts."""
    return ("choice", values)


def flag() -> "Kind":
    """True or False."""
    return ("flag",)


def text(longest: int, shortest: int = 0) -> "Kind":
    """A text of `shortest` to `longest` characters."""
    return ("text", shortest, longest)


def data(most: int) -> "Kind":
    """Bytes, at most `most` of them; on the wire an even number of hex digits."""
    return ("data", most)


def many(most: int, item: "Kind") -> "Kind":
    """A list of at most `most` values of the kind `item`."""
    return ("many", most, item)


def group(*fields: "Kind") -> "Kind":
    """An object with exactly these (name, kind) fields; one that may be null may also be absent."""
    return ("group", fields)


def open_group(*fields: "Kind") -> "Kind":
    """A group that tolerates fields it does not know: they come from a newer version."""
    return ("open group", fields)


def nullable(kind: "Kind") -> "Kind":
    """`kind` or null."""
    return ("nullable", kind)


def anything() -> "Kind":
    """Any JSON value without floats."""
    return ("anything",)


def method(name: str, params: "Fields", result: "Fields") -> "Kind":
    """A row: the request `name` with fields `params`, answered by an object of fields `result`.

    Both are tuples of (name, kind), or a `group` or `open_group`, or a function that returns such.
    """
    return ("method", name, params, result)


def notification(name: str, params: "Fields") -> "Kind":
    """A row: the notification `name` with fields `params`. It may be lost on the way."""
    return ("notification", name, params)


def _fields(given):
    """Return the fields that a row gives, as a `group` or `open_group`."""
    fields = given if isinstance(given, tuple) else given()
    return fields if fields and fields[0] in ("group", "open group") else group(*fields)


def _whole(row):
    """Return `row` without functions."""
    return row[:2] + tuple([_fields(given) for given in row[2:]])


class Table:
    """The rows two ends agree on.

    opening: name of the method that alone may begin a session (None: any may). An end that
    restarted so refuses to go on with a session whose earlier requests it does not remember.
    """

    def __init__(self, name: str, rows: "tuple[Kind, ...]", opening: "str | None" = None):
        self.name = name
        self.opening = opening
        self._rows = [_whole(row) for row in rows] if ROOMY else rows
        self._fingerprint = None

    def fingerprint(self) -> str:
        """Return 8 hex digits that differ when any row differs."""
        if self._fingerprint is None:
            crc = crc32(repr(self.opening).encode())
            for row in self._rows:  # one by one: the text of all of them is long for a board
                crc = crc32(repr(_whole(row)).encode(), crc)
            self._fingerprint = "%08x" % (crc & 0xFFFFFFFF)
        return self._fingerprint

    def has_method(self, name) -> bool:
        return self._find("method", name) is not None

    def check_params(self, name, params):
        """Raise BadSetting unless `params` (dict) fit the method; absent nullables become None."""
        check(_fields(self._row("method", name)[2]), params, name)

    def check_result(self, name, result):
        """Raise BadSetting unless `result` (dict) fits the method's row."""
        check(_fields(self._row("method", name)[3]), result, name + " result")

    def check_notification(self, name, params):
        """Raise BadSetting unless `params` (dict) fit the notification's row."""
        check(_fields(self._row("notification", name)[2]), params, name)

    def _find(self, kind, name):
        for row in self._rows:
            if row[1] == name and row[0] == kind:
                return row
        return None

    def _row(self, kind, name):
        row = self._find(kind, name)
        if row is None:
            raise BadSetting("%s: no such %s in the table %s" % (name, kind, self.name))
        return row


def check(kind, value, where):
    """Raise BadSetting, naming `where` and the value, unless `value` is of `kind`.

    Fields of a group that may be null and are absent are added to `value` as None.
    """
    _CHECKS[kind[0]](kind, value, where)


def _wrong(where, value, expected):
    raise BadSetting("%s: %s is not %s" % (where, repr(value)[:60], expected))


def _check_integer(kind, value, where):
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not kind[1] <= value <= kind[2]:
        _wrong(where, value, "an integer from %d to %d" % (kind[1], kind[2]))


def _check_choice(kind, value, where):
    if isinstance(value, (bool, float)) or value not in kind[1]:
        _wrong(where, value, "one of " + ", ".join([str(v) for v in kind[1]]))


def _check_flag(kind, value, where):
    if not isinstance(value, bool):
        _wrong(where, value, "true or false")


def _check_text(kind, value, where):
    if not isinstance(value, str) or not kind[1] <= len(value) <= kind[2]:
        _wrong(where, value, "a text of %d to %d characters" % (kind[1], kind[2]))


def _check_data(kind, value, where):
    octets = value
    if isinstance(value, str):
        try:
            octets = unhexlify(value)
        except ValueError:
            octets = None
    if not isinstance(octets, (bytes, bytearray, memoryview)) or len(octets) > kind[1]:
        _wrong(where, value, "at most %d bytes in hex" % kind[1])


def _check_many(kind, value, where):
    if not isinstance(value, (list, tuple)) or len(value) > kind[1]:
        _wrong(where, value, "a list of at most %d" % kind[1])
    for place in range(len(value)):
        check(kind[2], value[place], "%s[%d]" % (where, place))


def _check_open_group(kind, value, where):
    if not isinstance(value, dict):
        _wrong(where, value, "an object")
    for name, part in kind[1]:
        if name not in value:
            if part[0] != "nullable":
                raise BadSetting("%s: %s is missing" % (where, name))
            value[name] = None
        check(part, value[name], where + "." + name)


def _check_group(kind, value, where):
    _check_open_group(kind, value, where)
    if len(value) > len(kind[1]):
        known = [name for name, part in kind[1]]
        strange = sorted([repr(name) for name in value if name not in known])
        raise BadSetting("%s: unknown field %s" % (where, strange[0][:60]))


def _check_nullable(kind, value, where):
    if value is not None:
        check(kind[1], value, where)


def _check_anything(kind, value, where):
    if isinstance(value, dict):
        for name in value:
            _check_anything(kind, value[name], where + "." + str(name))
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_anything(kind, item, where)
    elif isinstance(value, float):
        _wrong(where, value, "an integer or text: floats do not travel on a link")


_CHECKS = {
    "integer": _check_integer,
    "choice": _check_choice,
    "flag": _check_flag,
    "text": _check_text,
    "data": _check_data,
    "many": _check_many,
    "group": _check_group,
    "open group": _check_open_group,
    "nullable": _check_nullable,
    "anything": _check_anything,
}
