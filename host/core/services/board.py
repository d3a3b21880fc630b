"""Services of the core: the board's settings, inputs, level converter and LCD."""

from host.core.services.fields import METER, WHO
from shared.board_inputs import ADDRESSES
from shared.link.messages import GESTURES
from shared.link.table import anything, choice, method, nullable, text

ROWS = (
    # {name: value}, rows in shared.board_settings: changed first, all or none; empty: none
    method("board.settings", (("values", anything()), WHO), (("values", anything()),)),
    # as inputs.state of the board's link: S0, temperatures, bus supply, relays, alarms; of an
    # S0 input also `pulsed_ms`: when its last pulse was seen, null: none since the link came
    method("board.inputs", (), (("inputs", anything()),)),
    # An input of the board's own: settings by the names of host.settings.inputs, and `active`;
    # switched on it is a meter from now on, called `name` (null: as before).
    method(
        "board.set_input",
        (
            ("address", choice(*ADDRESSES)),
            ("values", anything()),
            ("name", nullable(text(200))),
            WHO,
        ),
        (("meter", nullable(METER)),),
    ),
    # The level converter, as converter.state of the board's link.
    method(
        "board.converter",
        (("what", choice("on", "off", "state")), WHO),
        (("converter", anything()),),
    ),
    # The board's LCD as PanelChanged tells it; news follow for some seconds, then ask again.
    method("panel.look", (), (("panel", anything()),)),
    # Its keys, as if hands had pressed them.
    method("panel.press", (("gesture", choice(*filter(None, GESTURES))), WHO), ()),
    # Answered when the board has kept everything in flash; then it restarts.
    method("board.restart", (WHO,), ()),
)
