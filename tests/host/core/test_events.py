from host.core.events import Event, Events, FaultChanged, LinkChanged, as_params


def test_every_listener_hears_until_it_ends() -> None:
    events = Events()
    first: list[Event] = []
    second: list[Event] = []
    end = events.subscribe(first.append)
    events.subscribe(second.append)
    events.emit(FaultChanged(None))
    end()
    events.emit(FaultChanged("full"))
    assert first == [FaultChanged(None)]
    assert second == [FaultChanged(None), FaultChanged("full")]


def test_a_listener_that_fails_keeps_nothing_from_the_others() -> None:
    events = Events()
    heard: list[Event] = []
    events.subscribe(lambda event: 1 / 0)
    events.subscribe(heard.append)
    events.emit(FaultChanged(None))
    assert heard == [FaultChanged(None)]


def test_an_event_travels_by_its_class_name_and_fields() -> None:
    assert as_params(LinkChanged("connected", "")) == {
        "type": "LinkChanged",
        "state": "connected",
        "detail": "",
    }
