"""The planned list: which meters are expected, to tell after a scan who is missing."""

from __future__ import annotations

from pydantic import Field

from host.core.services import MOST_METERS
from host.readout import planned
from host.readout.planned import Faulty, Planned
from host.web.api.meters import view
from host.web.api.models import Sent, Told
from host.web.api.operations import Group
from host.web.api.problems import Fault, Wrong
from host.web.asking import ask
from host.web.pages.entering import told_fault

group = Group("Planned list")


class PlannedMeter(Told):
    address: str = Field(description="Primary, or 16 digits with F for what is not known.")
    name: str
    site: str
    cost_centre: str


class Plan(Told):
    """The expected meters; none where there is no list."""

    meters: list[PlannedMeter]


class ExpectedMeter(Sent):
    address: str = Field(min_length=1, max_length=16, examples=["17"])
    name: str = Field("", max_length=planned.LONGEST)
    site: str = Field("", max_length=planned.LONGEST)
    cost_centre: str = Field("", max_length=planned.LONGEST)


class WantedPlan(Sent):
    meters: list[ExpectedMeter] = Field(max_length=MOST_METERS)


class PlanFile(Sent):
    csv: str = Field(
        description="The text of a CSV file with a line of headers, separator `;`, `,` or tab.",
        examples=["serial number;name\n10000001;Flat 1"],
    )


@group.get("/plan")
def now() -> Plan:
    """Tell the planned list."""
    return Plan(meters=[PlannedMeter(**row) for row in planned.as_rows(view().read(planned.load))])


@group.put("/plan")
def change(body: WantedPlan) -> Plan:
    """Have this planned list in place of the one before; without meters there is none."""
    ask("plan.change", meters=[one.model_dump() for one in body.meters])
    return now()


@group.post("/plan/import")
def take_in(body: PlanFile) -> Plan:
    """Take over the CSV file of a planned list, whole or not at all."""
    try:
        found: list[Planned] = list(planned.read_csv(body.csv.encode()))
    except UnicodeEncodeError:
        raise Wrong([Fault(where="body.csv", key="not_utf8", said="no text")]) from None
    except Faulty as refused:
        raise Wrong(
            [
                Fault(where=f"body.csv.{one.line}", key=one.key, said=told_fault(one))
                for one in refused.faults
            ]
        ) from None
    ask("plan.change", meters=planned.as_rows(found))
    return now()
