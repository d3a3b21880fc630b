"""The naming rule of the CSV files (manual 11.2), as one pure function.

BASE [ " (" modifiers ")" ] [ " / VT=" f " (" label ")" ] [ " / Tarif " t ] [ " / Monat " s ]
"""

from shared import quantities

_LABELS = ("", "Maximum", "Minimum", "Error")


def name(quantity, modifiers=(), function=0, tariff=0, storage=0):
    """Return the name of a value, such as "Energy (per kelvinliter) / VT=1 (Maximum) / Monat 2".

    `quantity` is a word of `vif_tables`, `modifiers` texts of its VIFEs in order, `function` 0-3 as
    in the DIF. The subunit is not named, so two values may have equal names.
    """
    text = quantities.csv_name(quantity)
    if modifiers:
        text += " (" + ", ".join(modifiers) + ")"
    if function:
        text += " / VT=%d (%s)" % (function, _LABELS[function])
    if tariff:
        text += " / Tarif %d" % tariff
    if storage:
        text += " / Monat %d" % storage
    return text
