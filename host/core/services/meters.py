"""Services of the core: registered meters, the planned list, driver templates."""

from host.core.services.fields import ADDRESS, BAUD, CHANGED, COUNT, CYCLE, METER, MOST_METERS, WHO
from host.settings import template
from shared.link.table import anything, flag, group, integer, many, method, nullable, text

_TEMPLATE = integer(1, 0x7FFFFFFF)

_REGISTERED = (
    ("added", many(MOST_METERS, group(("id", METER), ("address", ADDRESS)))),
    ("known", many(MOST_METERS, ADDRESS)),  # were registered already, unchanged
)

ROWS = (
    method(
        "meters.add",  # several alike
        (
            ("addresses", many(MOST_METERS, ADDRESS)),
            ("baud", nullable(BAUD)),  # null: 2400
            ("cycle_s", nullable(CYCLE)),  # null: the common cycle
            ("segment", nullable(integer(1, 3))),  # null: 1
            ("name", nullable(text(200))),
            ("site", nullable(text(200))),
            WHO,
        ),
        _REGISTERED,
    ),
    method(
        "meters.add_each",  # each as it was found or planned, all or none
        (
            (
                "meters",
                many(
                    MOST_METERS,
                    group(
                        ("address", ADDRESS),
                        ("baud", BAUD),
                        ("segment", integer(1, 3)),
                        ("name", text(200)),
                        ("site", text(200)),
                        ("cost_centre", text(200)),
                    ),
                ),
            ),
            WHO,
        ),
        _REGISTERED,
    ),
    method(
        "meters.take_over",  # what a scan found to be otherwise, all or none
        (
            (
                "meters",
                many(
                    MOST_METERS,
                    group(
                        ("address", ADDRESS),  # as registered; null: the rest is as before
                        ("baud", nullable(BAUD)),
                        ("primary", nullable(integer(0, 255))),
                        ("secondary", nullable(text(16, 16))),
                    ),
                ),
            ),
            WHO,
        ),
        (("changed", COUNT),),
    ),
    # The planned list, rows of host.readout.planned, in place of the one before.
    method("plan.change", (("meters", anything()), WHO), ()),
    method(
        "meters.change",  # all or none; the names are those of host.settings.meter
        (("addresses", many(MOST_METERS, ADDRESS)), ("changes", anything()), WHO),
        (("changed", COUNT), CHANGED),
    ),
    method(
        "meters.change_values",  # entries of host.settings.value; other values keep theirs
        (("address", ADDRESS), ("values", anything()), WHO),
        (CHANGED,),
    ),
    # What today's decoder says of every meter's newest reading stands in the meter's row.
    method("meters.reassess", (WHO,), (("changed", COUNT),)),
    method(
        "meters.delete",  # all or none, with their readings; they can be had back for a day
        (("addresses", many(MOST_METERS, ADDRESS)), WHO),
        (("deleted", COUNT),),
    ),
    method(
        "meters.restore",  # the deletion of these is taken back, all or none
        (("addresses", many(MOST_METERS, ADDRESS)), WHO),
        (("restored", COUNT),),
    ),
    # Driver templates (manual 6.7), as host.settings.template has them.
    method(
        "templates.save",  # of a meter's settings
        (("address", ADDRESS), ("name", text(template.LONGEST_NAME)), WHO),
        (("id", _TEMPLATE),),
    ),
    method("templates.change", (("id", _TEMPLATE), ("template", anything()), WHO), ()),
    method("templates.apply", (("id", _TEMPLATE), WHO), (("changed", COUNT),)),
    method(
        "templates.import",  # all or none; replace: in place of those for the same meters
        (("templates", anything()), ("replace", flag()), WHO),
        (("imported", COUNT),),
    ),
    method("templates.delete", (("id", _TEMPLATE), WHO), ()),  # can be had back for a day
    method("templates.restore", (("id", _TEMPLATE), WHO), ()),
)
