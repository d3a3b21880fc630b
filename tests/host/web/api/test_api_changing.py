"""What the API changes: by the core's services, as the pages do, with the user's name beside it."""

from datetime import UTC, datetime

import pytest

from host.store.status_messages import Said
from host.web.rate import Rate
from tests.fakes import token_holders
from tests.fakes.installation import PASSWORD
from tests.host.web.api.conftest import Program


@pytest.fixture
def program(site):
    """Olga's, at the real pages beside a core."""
    app = site.server.app
    app.extensions["rate"] = Rate(burst=1000)
    token_holders.known(app)
    return Program(app)


def do(program, method, path, json=None):
    """Return what is told of a change that goes well."""
    answer = program.ask(path, method, json)
    assert answer.status_code in (200, 201, 202, 204), answer.text
    return answer.json if answer.status_code != 204 else None


def last_change(program):
    told = program.get("/changes?limit=1")["changes"][0]
    return told["who"], told["what"]


def test_a_meter_is_registered_set_up_deleted_and_had_back(program):
    new = {"address": "77", "name": "Garage", "baud": 300}
    told = do(program, "POST", "/meters", {"meters": [new, {"address": "1"}]})
    number = told["added"][0]["id"]
    assert (told["added"][0]["address"], told["known"]) == ("77", ["1"])
    assert program.get(f"/meters/{number}")["state"] == "unread"
    path = f"/meters/{number}/settings"
    changed = do(program, "PATCH", path, {"site": "Yard", "cycle_s": 60})
    assert (changed["name"], changed["site"], changed["cycle_s"]) == ("Garage", "Yard", 60)
    assert changed == program.get(path)
    do(program, "DELETE", f"/meters/{number}")
    assert program.problem(f"/meters/{number}")["key"] == "not_found"
    assert do(program, "POST", "/meters/restore", {"addresses": ["77"]}) == {"restored": 1}
    assert program.get(path)["site"] == "Yard"


def test_settings_of_values(program):
    path = "/meters/1/values/settings"
    before = program.get(path)["values"]
    energy = before[0]
    assert (energy["quantity"], energy["factor"], energy["phase"]) == ("Energy", "1", None)
    key = {"head": energy["head"], "nth": energy["nth"]}
    do(program, "PATCH", path, {"values": [key | {"designation": "Heat", "unit": "MWh"}]})
    told = do(program, "PATCH", path, {"values": [key | {"factor": "1000000"}]})
    assert told["values"][0] == energy | {
        "designation": "Heat",
        "unit": "MWh",
        "factor": "1000000",
    }
    assert told["values"][1:] == before[1:]
    value = program.get("/meters/1/values")["values"][0]
    assert (value["name"], value["value"], value["raw"]) == ("Heat", "148.213", "148213000")
    assert last_change(program) == ("Olga", "meter.values_changed")
    wrong = program.problem(path, "PATCH", {"values": [key | {"factor": "3", "phase": 4}]})
    said = {one["where"]: one["said"] for one in wrong["errors"]}
    assert said["body.values.0.phase"] == "choose one of 1, 2, 3"
    assert "without a rest" in said["body.values.0.factor"]
    unknown = program.problem(path, "PATCH", {"values": [{"head": "ffff"}]})
    assert unknown["errors"][0]["where"] == "body.values.0"
    assert program.get("/meters/14/values/settings") == {"values": []}


def test_driver_templates(program):
    """Meters 1, 4, 7 and 12 are of one kind."""
    values = [{"head": "0406", "nth": 0, "unit": "MWh", "factor": "1000000"}]
    head = program.get("/meters/1/values/settings")["values"][0]["head"]
    values[0]["head"] = head
    do(program, "PATCH", "/meters/1/values/settings", {"values": values})
    number = do(program, "POST", "/meters/1/template", {"name": "Heat"})["id"]
    again = program.problem("/meters/4/template", "POST", {"name": "Heat 2"})
    assert (again["status"], again["key"]) == (409, "kind_taken")
    path = f"/templates/{number}"
    told = program.get(path)
    assert (told["manufacturer"], told["version"], told["records"]) == ("AMT", 7, 15)
    assert told["values"][0]["unit"] == "MWh"
    (meter, *others) = program.get(f"{path}/preview")["meters"]
    assert (meter["meter"], meter["values"]) == (1, [])
    assert [one["meter"] for one in others] == [4, 7, 12]
    assert others[0]["values"][0]["after"] == "98.342 MWh"
    wanted = {"name": "Heat meter", "meter": {"snd_nke": False}}
    changed = do(program, "PATCH", path, wanted | {"values": [{"head": head, "phase": 2}]})
    assert (changed["name"], changed["meter"]["snd_nke"]) == ("Heat meter", False)
    assert (changed["values"][0]["unit"], changed["values"][0]["phase"]) == ("MWh", 2)
    assert do(program, "POST", f"{path}/apply") == {"changed": 4}
    assert not program.get("/meters/7/settings")["snd_nke"]
    file = program.get(f"{path}/file")
    assert file == program.get("/templates/file")
    do(program, "DELETE", path)
    assert program.get("/templates") == {"templates": []}
    assert do(program, "POST", f"{path}/restore") == changed
    taken = program.problem("/templates/import", "POST", file)
    assert taken["key"] == "kind_taken"
    assert do(program, "POST", "/templates/import", file | {"replace": True}) == {"imported": 1}
    file["templates"][0]["colour"] = "red"
    assert program.problem("/templates/import", "POST", file)["key"] == "bad_setting"
    assert program.problem("/templates/99/preview")["key"] == "not_found"


def test_the_network_is_changed_on_trial(site, program):
    told = program.get("/network")
    assert (told["interfaces"][0]["name"], told["trial"]) == ("eth0", None)
    nothing = program.problem("/network/keep", "POST", Accept_Language="de")
    assert (nothing["status"], nothing["key"]) == (409, "network_no_trial")
    assert nothing["title"] == "Keine Änderung wartet auf eine Bestätigung."
    wanted = {"interface": "eth0", "dhcp": False, "address": "192.168.1.30", "mask": "/24"}
    wrong = program.problem("/network/trial", "POST", wanted | {"mask": "255.0.255.0"})
    assert wrong["errors"][0]["where"] == "body.mask"
    assert do(program, "POST", "/network/trial", wanted) == {"left_s": 60.0}
    trial = program.get("/network")["trial"]
    assert (trial["address"], trial["who"]) == ("192.168.1.30", "Olga")
    assert program.problem("/network/trial", "POST", wanted)["key"] == "network_trial_running"
    assert program.problem("/network/keep", "POST")["key"] == "network_not_from_there"
    do(program, "POST", "/network/undo")
    told = program.get("/network")
    assert (told["trial"], told["last"]["outcome"]) == (None, "taken_back")
    site.core.computer.taken = {"192.168.1.30": "02:aa"}
    assert program.problem("/network/trial", "POST", wanted)["key"] == "network_address_taken"
    assert last_change(program) == ("Olga", "network.taken_back")


def test_the_planned_list(program):
    file = {"csv": "serial;name;cost centre\n10000001;Bath;4711\n7;Attic;\n"}
    told = do(program, "POST", "/plan/import", file)
    bath, attic = told["meters"]
    assert (bath["name"], bath["cost_centre"]) == ("Bath", "4711")
    assert attic["address"].startswith("00000007")
    assert program.get("/plan") == told
    wrong = {"csv": "serial;name\n1;A\n123456789;B\n"}
    (fault,) = program.problem("/plan/import", "POST", wrong, Accept_Language="de")["errors"]
    assert (fault["where"], fault["key"]) == ("body.csv.3", "bad_serial")
    assert fault["said"].startswith("Zeile 3: Das ist keine Seriennummer")
    assert program.problem("/plan", "PUT", {"meters": [{"address": "999"}]})["status"] == 422
    assert program.get("/plan") == told
    one = do(program, "PUT", "/plan", {"meters": [{"address": "9", "name": "Lift"}]})
    assert one["meters"] == [{"address": "9", "name": "Lift", "site": "", "cost_centre": ""}]
    assert do(program, "PUT", "/plan", {"meters": []}) == {"meters": []}


def test_the_level_converter(site, program):
    assert not program.get("/converter")["active"]
    assert do(program, "POST", "/converter/on")["active"]
    assert program.get("/converter")["baud"] == 2400
    assert not do(program, "POST", "/converter/off")["active"]
    assert site.core.asked == [("board.converter", "on"), ("board.converter", "off")]


def test_what_cannot_be_is_named_and_nothing_is_changed(program):
    problem = program.problem(
        "/meters/1/settings", "PATCH", {"cycle_s": 5, "colour": "red"}, Accept_Language="de"
    )
    assert problem["status"] == 422
    told = {one["where"]: one["said"] for one in problem["errors"]}
    assert told["body.cycle_s"].startswith("5 s geht nicht")
    assert "body.colour" in told
    assert program.problem("/meters", "POST", {"meters": [{"address": "999"}]})["key"] == (
        "bad_address"
    )
    assert program.ask("/meters", "POST", None).status_code == 415


def test_settings_of_several_chapters_are_changed_all_or_none(program):
    wrong = {"site": {"name": "House"}, "readout": {"cycle_s": 1}}
    assert program.problem("/settings", "PATCH", wrong)["key"] == "wrong_values"
    assert program.get("/settings")["site"]["name"] == "Rosenweg 12"
    good = {"site": {"name": "House"}, "readout": {"dates": [[0, 31, 23]]}}
    told = do(program, "PATCH", "/settings", good)
    assert (told["site"]["name"], told["readout"]["dates"]) == ("House", [[0, 31, 23]])
    assert told["readout"]["cycle_s"] == 900
    assert last_change(program) == ("Olga", "settings.changed")
    assert program.problem("/settings", "PATCH", {"site": None})["key"] == "wrong_values"


def test_consumer_units(program):
    number = do(program, "POST", "/units", {"name": "Flat 1"})["id"]
    assert program.problem("/units", "POST", {"name": "flat 1"})["key"] == "name_taken"
    do(program, "PUT", f"/units/{number}", {"name": "Flat 2", "description": "left"})
    do(program, "PUT", f"/units/{number}/meters", {"meters": [2, 5]})
    unit = do(program, "PUT", f"/units/{number}/users", {"users": [2]})
    assert unit == program.get("/units")["units"][0]
    assert (unit["name"], unit["meters"], unit["users"]) == ("Flat 2", [2, 5], [2])
    assert [one["id"] for one in program.get(f"/meters?unit={number}")["meters"]] == [2, 5]
    do(program, "DELETE", f"/units/{number}")
    assert program.get("/units") == {"units": []}
    assert last_change(program) == ("Olga", "unit.deleted")


def test_users(program):
    new = {"name": "Paula", "role": "standard", "password": "a good password"}
    number = do(program, "POST", "/users", new)["id"]
    assert program.problem("/users", "POST", new)["key"] == "name_taken"
    weak = program.problem(f"/users/{number}/password", "PUT", {"password": "1234"})
    assert (weak["status"], weak["key"]) == (422, "password_weak")
    assert "8" in weak["title"]
    assert do(program, "PUT", f"/users/{number}/role", {"role": "administrator"})["role"] == (
        "administrator"
    )
    me = next(one["id"] for one in program.get("/users")["users"] if one["is_you"])
    assert program.problem(f"/users/{me}", "DELETE")["key"] == "not_yourself"
    do(program, "DELETE", f"/users/{number}")
    assert program.problem(f"/users/{number}")["key"] == "not_found"
    assert "password" not in program.ask("/users").text


def test_ones_own_password(site, program):
    peter = Program(site.server.app, "Peter")
    wanted = {"current": PASSWORD, "password": "four words in a row"}
    short = peter.problem("/password", "PUT", wanted | {"password": "1234"})
    assert (short["status"], short["key"]) == (422, "password_weak")
    wrong = peter.problem("/password", "PUT", wanted | {"current": "guess"})
    assert (wrong["status"], wrong["key"]) == (422, "password_wrong")
    do(peter, "PUT", "/password", wanted)
    assert last_change(program) == ("Peter", "user.password_set")
    for _ in range(3):
        assert peter.problem("/password", "PUT", wanted)["key"] in ("password_wrong", "too_fast")
    slowed = peter.ask("/password", "PUT", wanted)
    assert (slowed.status_code, slowed.json["key"]) == (429, "too_fast")
    assert int(slowed.headers["Retry-After"]) > 0


def test_a_readout(site, program):
    assert do(program, "POST", "/readout", {"meters": [1, 3]}) == {"meters": 2, "spent": None}
    assert site.core.asked[-1] == ("readout.start", [1, 3])
    assert program.get("/state")["readout"]["total"] == 2
    unknown = program.problem("/readout", "POST", {"meters": [1, 999]})
    assert unknown["errors"][0]["where"] == "body.meters.1"


def test_what_the_board_measures(program):
    told = program.get("/inputs")
    assert told["supplies"][0]["voltage_mv"] == 36149
    assert told["temperatures"][1]["milli_celsius"] == -40


def test_a_scan_is_begun_stopped_and_its_meters_registered(site, program):
    wrong = program.problem("/scan", "POST", {"by": "primary", "first": 9, "last": 5})
    assert wrong["errors"][0]["where"] == "body.range"
    told = do(program, "POST", "/scan", {"bauds": [300, 2400]})
    assert (told["scan"]["running"], told["scan"]["bauds"]) == (True, [300, 2400])
    assert site.core.asked[-1][1]["mask"] == "FFFFFFFF"
    do(program, "POST", "/scan/stop")
    keys = {"meters": [{"key": "1-250"}]}
    assert program.problem("/scan/add", "POST", keys)["errors"][0]["key"] == "unknown"
    assert program.problem("/scan/take-over", "POST", {"keys": ["x"]})["status"] == 422
    assert program.get("/scan/found") == {"meters": []}


def test_an_export_is_begun_stopped_and_deleted(site, program):
    wanted = {"meters": [1], "from": "2026-01-01T00:00:00+01:00", "kind": "json"}
    number = do(program, "POST", "/exports", wanted)["number"]
    asked = site.core.asked[-1][1]
    assert (asked["meters"], asked["since_ms"], asked["kind"]) == (["1"], 1767222000000, "json")
    assert program.problem("/exports", "POST", {"separator": ",", "mark": ","})["status"] == 422
    assert program.problem("/exports/99/file")["key"] == "not_found"
    site.do(site.core.export, number)
    assert program.problem("/exports/99", "DELETE")["key"] == "not_found"


def test_status_messages_are_listed_deleted_and_had_back(site, program):
    site.core.say(Said("meter_unreadable", datetime.now(UTC), 12, "10000012", "no_answer"))
    (told,) = program.get("/messages?number=8")["messages"]
    assert (told["type"], told["meter"], told["cause"]) == ("error", 12, "no_answer")
    assert told["text"] == "Meter 10000012: the readout failed."
    assert do(program, "DELETE", "/messages") == {"cleared": 1}
    assert program.get("/messages") == {"messages": [], "next": None}
    assert do(program, "POST", "/messages/restore") == {"restored": 1}
