"""Tables: what fits passes, what does not is named with its place."""

from typing import Any

import pytest

from shared.errors import BadSetting
from shared.link import table
from shared.link.table import Table, check, method

KINDS = {
    "integer": table.integer(1, 250),
    "choice": table.choice(300, 2400, "auto"),
    "flag": table.flag(),
    "text": table.text(5, 2),
    "data": table.data(3),
    "many": table.many(2, table.integer(0, 9)),
    "group": table.group(("a", table.flag()), ("b", table.nullable(table.text(3)))),
    "open group": table.open_group(("a", table.flag())),
    "nullable": table.nullable(table.integer(0, 9)),
    "anything": table.anything(),
}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", 1),
        ("integer", 250),
        ("choice", 2400),
        ("choice", "auto"),
        ("flag", False),
        ("text", "äb"),
        ("data", "00fF10"),
        ("data", b"123"),
        ("data", ""),
        ("many", []),
        ("many", (1, 2)),
        ("group", {"a": True, "b": None}),
        ("group", {"a": True}),
        ("open group", {"a": True, "new": 1}),
        ("nullable", None),
        ("nullable", 3),
        ("anything", {"a": [1, None, "x", {"b": False}]}),
    ],
)
def test_what_fits(kind: str, value: Any) -> None:
    check(KINDS[kind], value, "x")


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("integer", 0, "x: 0 is not an integer from 1 to 250"),
        ("integer", 251, "x: 251 is not"),
        ("integer", 1.0, "x: 1.0 is not"),
        ("integer", True, "x: True is not"),
        ("integer", "7", "x: '7' is not"),
        ("choice", 1200, "x: 1200 is not one of 300, 2400, auto"),
        ("choice", 300.0, "x: 300.0 is not one of"),
        ("choice", [300], "x: [300] is not one of"),
        ("flag", 1, "x: 1 is not true or false"),
        ("text", "a", "x: 'a' is not a text of 2 to 5 characters"),
        ("text", "abcdef", "x: 'abcdef' is not"),
        ("text", None, "x: None is not"),
        ("data", "0", "x: '0' is not at most 3 bytes in hex"),
        ("data", "0g", "x: '0g' is not"),
        ("data", "ü0", "x: 'ü0' is not"),
        ("data", "00112233", "x: '00112233' is not"),
        ("data", b"1234", "x: b'1234' is not"),
        ("many", [1, 2, 3], "x: [1, 2, 3] is not a list of at most 2"),
        ("many", "12", "x: '12' is not a list"),
        ("many", [1, 99], "x[1]: 99 is not an integer from 0 to 9"),
        ("group", [], "x: [] is not an object"),
        ("group", {"b": "c"}, "x: a is missing"),
        ("group", {"a": True, "z": 1}, "x: unknown field 'z'"),
        ("group", {"a": True, "b": "long"}, "x.b: 'long' is not a text of 0 to 3 characters"),
        ("nullable", 10, "x: 10 is not an integer from 0 to 9"),
        ("anything", {"a": [1.5]}, "x.a: 1.5 is not an integer or text: floats do not travel"),
    ],
)
def test_what_does_not_fit_is_named(kind: str, value: Any, words: str) -> None:
    with pytest.raises(BadSetting) as caught:
        check(KINDS[kind], value, "x")
    assert str(caught.value).startswith(words)


def test_an_absent_null_is_filled_in() -> None:
    params = {"a": True}
    check(KINDS["group"], params, "x")
    assert params == {"a": True, "b": None}


def test_a_huge_value_makes_no_huge_error() -> None:
    with pytest.raises(BadSetting) as caught:
        check(KINDS["text"], "x" * 100_000, "x")
    assert len(str(caught.value)) < 200


def test_any_change_of_a_row_changes_the_fingerprint() -> None:
    def fingerprint(low: int = 1, name: str = "n", method_name: str = "m", opening: Any = None):
        rows = (method(method_name, ((name, table.integer(low, 9)),), ()),)
        return Table("t", rows, opening).fingerprint()

    prints = [
        fingerprint(),
        fingerprint(low=2),
        fingerprint(name="k"),
        fingerprint(method_name="l"),
        fingerprint(opening="m"),
    ]
    assert len(set(prints)) == len(prints)
    assert fingerprint() == prints[0]


def test_fields_in_functions_are_the_same_row() -> None:
    fields = (("n", table.integer(1, 9)),)
    plain = Table("t", (method("m", fields, ()),))
    late = Table("t", (method("m", lambda: fields, ()),))
    assert late.fingerprint() == plain.fingerprint()
    with pytest.raises(BadSetting, match=r"m\.n: 10 is not"):
        late.check_params("m", {"n": 10})


def test_an_unknown_method_is_named_with_its_table() -> None:
    with pytest.raises(BadSetting, match="fly: no such method in the table t"):
        Table("t", ()).check_params("fly", {})
