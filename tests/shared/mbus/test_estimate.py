from shared.mbus.estimate import reading_ms


def test_a_meter_of_108_bytes_at_common_rates():
    assert 600 < reading_ms(2400) < 760
    assert 4500 < reading_ms(300) < 6000
    assert 150 < reading_ms(9600) < 300


def test_whatever_is_added_takes_its_time():
    plain = reading_ms(2400, snd_nke=False)
    assert plain < reading_ms(2400) < reading_ms(2400, secondary=True)
    assert reading_ms(2400, application_reset=-1) > reading_ms(2400)
    assert reading_ms(2400, settle_ms=1000) == reading_ms(2400) + 1000
