"""The tables of the decoder give their words to the catalogues."""

from host.texts.tables import table_msgids


def test_words_of_every_table_are_found():
    found = list(table_msgids())
    assert len(found) == len(set(found))
    expected = {"Energy", "Relative humidity", "Voltage", "phase L1", "future value", "Cold water"}
    expected |= {"Units for H. C. A.", "end of last upper limit exceed", "average"}
    assert expected <= set(found)
    assert not [word for word in found if word.startswith(("Reserved ", "reserved "))]
