"""Short parameters: a function is called as before, and by every keyword that is used."""

from host.updates.parameters import shorten

SOURCE = '''\
def outer(first, second=2, *, third):
    """first, second."""
    def inner(fourth):
        first = fourth
        return first + second, [second for second in (third,)]

    return inner(first)


class Way:
    def go(self, far, fast):
        return (lambda near: near + far)(1), {"fast": fast}


said = outer(1, third=5), Way().go(6, 7)
'''


def test_parameters_that_no_call_names_are_short():
    short = shorten({"a": SOURCE})["a"]
    assert "def outer(p0, p1=2, *, third)" in short
    assert "def inner(p3)" in short
    assert "def go(self, p1, fast)" in short
    assert "(lambda p3: p3 + p1)(1)" in short


def test_what_is_called_stays_what_it_was():
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    exec(SOURCE, before)
    exec(shorten({"a": SOURCE})["a"], after)
    assert after["said"] == before["said"] == ((3, [5]), (7, {"fast": 7}))


def test_another_module_may_name_a_parameter():
    other = "from a import outer\nouter(second=3)\n"
    assert "second=2" in shorten({"a": SOURCE, "b": other})["a"]
