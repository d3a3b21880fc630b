"""The chart of a value: its numbers at the site's days, what they are compared with, its words."""

import csv
import html
import io
import json
import re

import pytest

from host.web.app import create_app
from host.web.core_line import CoreLine
from host.web.settings import WebSettings
from tests.fakes import charted
from tests.host.web.conftest import client_of

FLOW = 5  # the number of the flow temperature, a level


@pytest.fixture(scope="module")
def charts(tmp_path_factory):
    """A browser at a site with one meter that has a history."""
    data = tmp_path_factory.mktemp("charted")
    charted.install(data)
    return client_of(create_app(WebSettings(data), CoreLine(data)), "Olga")


def numbers(charts, query):
    answer = charts.get(f"/meters/1/chart.json?{query}")
    assert answer.status_code == 200
    return answer.json


def page(charts, query, language="en"):
    answer = charts.get(f"/meters/1/chart?{query}", headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer.text


def sentences(text):
    return html.unescape(re.search(r'<div class="chart-summary">(.*?)</div>', text, re.S)[1])


def test_a_day_of_summer_time_has_23_hours_each_beside_its_own(charts):
    found = numbers(charts, "period=day&start=2026-03-29")
    assert (found["kind"], found["unit"]) == ("bars", "kWh")
    assert found["labels"][:4] == ["00:00", "01:00", "02:00", "03:00"]
    assert found["now"] == [2.0, 2.0, None] + [2.0] * 21
    assert found["before"] == [None] + [2.0] * 23
    assert found["ticks"][:2] == [[0, "00:00"], [3, "03:00"]]


def test_a_day_of_winter_time_tells_its_two_equal_hours_apart(charts):
    labels = numbers(charts, "period=day&start=2026-10-25")["labels"]
    assert len(labels) == 25
    assert labels[1:5] == ["01:00", "02:00 (UTC+02:00)", "02:00 (UTC+01:00)", "03:00"]


def test_a_gap_is_one_and_what_was_gained_over_it_is_called_estimated(charts):
    bars = numbers(charts, "period=day&start=2026-03-30")
    assert bars["guessed"] == list(range(7, 20))
    assert sum(bars["now"]) == 48
    text = page(charts, "period=day&start=2026-03-30")
    assert "13 values are estimated, as readings are missing." in sentences(text)
    line = numbers(charts, f"period=day&start=2026-03-30&value={FLOW}")
    assert line["kind"] == "line"
    assert line["gaps"] == [[8, 19]]
    assert line["now"][7:21] == [65.2] + [None] * 12 + [65.2]
    assert "Readings are missing in 1 place." in sentences(
        page(charts, f"period=day&start=2026-03-30&value={FLOW}")
    )


def test_an_exchange_is_marked_and_gains_nothing(charts):
    found = numbers(charts, "period=day&start=2026-03-31")
    assert found["events"] == [13]
    assert found["now"][12:15] == [2.0, 0.0, 2.0]
    text = page(charts, "period=day&start=2026-03-31", "de")
    assert "Zähler getauscht: 13:00." in sentences(text)


def test_each_period_is_compared_with_the_one_before_or_with_the_year_before(charts):
    days = numbers(charts, "period=week&start=2026-03-30")
    assert [value for value in days["now"] if value] == [48.0, 46.0, 2.0]
    assert days["before"][5:] == [46.0, 46.0]
    months = numbers(charts, "period=year&start=2026-03-17")
    assert months["labels"][0] == "March 2026"
    assert sum(filter(None, months["now"])) == 188
    assert "before" in months
    year = page(charts, "period=month&start=2026-03-01&with=year")
    assert "March 2025" in year
    alone = numbers(charts, "period=month&start=2026-03-01&with=none")
    assert "before" not in alone


def test_like_is_compared_with_like(charts):
    text = sentences(page(charts, "period=day&start=2026-03-29"))
    assert "Consumption in this period (Sunday, 29 March 2026): 46\xa0kWh." in text
    part = (
        "4% less than in the same part of the period compared (Saturday, 28 March 2026): 46\xa0kWh."
    )
    assert part in text, "that day begins with its first reading at 01:00"
    first = sentences(page(charts, "period=day&start=2026-03-31"))
    assert "4% less than in the period compared (Monday, 30 March 2026): 48\xa0kWh." in first
    longer = sentences(page(charts, "period=week&start=2026-03-30", "de"))
    assert "Verbrauch in diesem Zeitraum (30. März – 5. Apr. 2026): 96\xa0kWh." in longer.replace(
        "\u2009", " "
    )


def test_without_a_start_it_is_the_month_of_the_last_readout(charts):
    text = page(charts, "")
    assert 'value="2026-04-01"' in text, "the last readout was in April by the clocks of the site"
    assert "April 2026" in text


def test_the_table_is_what_is_drawn_in_every_language(charts):
    for language, mark in (("de", ","), ("en", "."), ("fr", ",")):
        text = page(charts, f"period=day&start=2026-03-28&value={FLOW}", language)
        found = json.loads(html.unescape(re.search(r'data-chart="([^"]*)"', text)[1]))
        rows = re.findall(r'<tr role="row"><th role="rowheader".*?</tr>', text, re.S)
        assert len(rows) == len(found["now"]) == len(found["labels"])
        for row, value, label in zip(rows, found["now"], found["labels"], strict=True):
            cells = re.findall(r'<span class="number">([^<]*)</span>', row)
            assert cells[:1] == ([] if value is None else [f"{value:.2f}".replace(".", mark)])
            assert label in row


def test_the_file_has_the_same_with_exact_times(charts):
    answer = charts.get(
        "/meters/1/chart.csv?period=day&start=2026-03-29", headers={"Accept-Language": "de"}
    )
    assert answer.mimetype == "text/csv"
    name = "attachment; filename=chart-1-1-day-2026-03-29.csv"
    assert answer.headers["Content-Disposition"] == name
    first, *rows = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";")
    before = "Samstag, 28. März 2026 (kWh)"
    assert first == ["Von", "Bis", "Energie: Verbrauch (kWh)", before, "Bemerkung"]
    assert rows[0] == ["2026-03-29T00:00+01:00", "2026-03-29T01:00+01:00", "2", "", ""]
    assert rows[3][:2] == ["2026-03-29T03:00+02:00", "2026-03-29T04:00+02:00"]
    level = charts.get(
        f"/meters/1/chart.csv?period=day&start=2026-03-29&value={FLOW}&with=none",
        headers={"Accept-Language": "fr"},
    )
    assert ";65,20;65,2;65,2;" in level.data.decode()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/meters/1/chart{}?period=decade", 400),
        ("/meters/1/chart{}?start=yesterday", 400),
        ("/meters/1/chart{}?start=0001-01-01", 400),
        ("/meters/1/chart{}?start=9999-12-31", 400),
        ("/meters/1/chart{}?with=tomorrow", 400),
        ("/meters/1/chart{}?value=x", 400),
        ("/meters/1/chart{}?value=999", 404),
        ("/meters/1/chart{}?value=0", 404),
        ("/meters/1/chart{}?value=-1", 404),
        ("/meters/99/chart{}", 404),
    ],
)
def test_what_makes_no_sense_is_refused(charts, path, status):
    for form in ("", ".json", ".csv"):
        assert charts.get(path.format(form)).status_code == status, form


def test_the_first_and_last_days_there_are(charts):
    assert charts.get("/meters/1/chart?period=year&start=1990-01-01").status_code == 200
    assert charts.get("/meters/1/chart?period=year&start=2150-12-01").status_code == 200


def test_a_meter_that_was_never_read_has_nothing_to_draw(client):
    text = client.get("/meters/14/chart").text
    assert "There is nothing to draw before the first readout." in text
    assert client.get("/meters/14/chart.json").status_code == 404
    hostile = client.get("/meters/13/chart").text
    assert "<script>alert" not in hostile


def test_the_address_leads_to_other_periods(charts):
    text = html.unescape(page(charts, f"period=month&start=2026-03-01&value={FLOW}&with=year"))
    for link in (
        f"?value={FLOW}&period=month&start=2026-02-01&with=year#earlier",
        f"?value={FLOW}&period=month&start=2026-04-01&with=year#later",
        f"?value={FLOW}&period=year&start=2026-01-01&with=year#period-year",
        f"?value={FLOW}&period=day&start=2026-03-31&with=year#period-day",
    ):
        assert link in text


@pytest.mark.parametrize("meter", [1, 6, 9])
def test_each_measured_value_of_a_meter_leads_to_its_chart(client, meter):
    values = client.get(f"/meters/{meter}").text.split('<table role="table" class="values">')[1]
    links = re.findall(r'<a href="(/meters/\d+/chart\?value=\d+)">([^<]*)</a>', values)
    assert links
    for address, name in links:
        title = re.search(r'<h2 id="chart-title">([^,<]*)', client.get(address).text)
        assert title is not None
        assert title[1] == name
