"""Temperature of a PT1000 from its resistance and back, in integers.

IEC 60751:2022, 4.2 (Callendar-Van Dusen), R0 = 1000 ohm, t in degrees Celsius:

    t >= 0:  R = R0 (1 + A t + B t^2)
    t <  0:  R = R0 (1 + A t + B t^2 + C (t - 100) t^3)

Resistances are milliohms (a millikelvin changes them by 3 to 4), temperatures thousandths of a
degree Celsius. Boards have 32-bit floats, which would lose the last digit of both.
"""

from shared.compat import const

LOWEST = const(-200000)  # the range of the standard
HIGHEST = const(850000)
DEVICE_LOWEST = const(-20000)  # the range of our inputs
DEVICE_HIGHEST = const(100000)

# The coefficients times 10**21 for t in thousandths and R in milliohms:
# A = 3.9083e-3, B = -5.775e-7, C = -4.183e-12.
_R0 = 10**27
_A = 39083 * 10**17
_B = -5775 * 10**11
_C = -4183
_SCALE = 10**21


def _curve(t):
    """Return the resistance at `t` (m degC) in 10**-21 milliohm, exact."""
    resistance = _R0 + t * (_A + t * _B)
    if t < 0:
        resistance += _C * (t - 100000) * t * t * t
    return resistance


def milliohms(t):
    """Return the resistance in milliohms at `t` thousandths of a degree, LOWEST..HIGHEST."""
    return (_curve(t) + _SCALE // 2) // _SCALE


def milli_celsius(resistance):
    """Return the temperature in thousandths of a degree at `resistance` milliohms.

    ValueError outside of what LOWEST..HIGHEST give: 185201..3904811.
    """
    if not milliohms(LOWEST) <= resistance <= milliohms(HIGHEST):
        raise ValueError("%d milliohm is no PT1000" % resistance)
    wanted = resistance * _SCALE
    low, high = LOWEST, HIGHEST
    while high - low > 1:  # the curve only rises: 20 halvings find the thousandth
        middle = (low + high) // 2
        if _curve(middle) <= wanted:
            low = middle
        else:
            high = middle
    return low if wanted - _curve(low) <= _curve(high) - wanted else high


def judge(resistance):
    """Return what a measurement means: (state, m degC or None).

    `resistance` in milliohms, None for an open circuit. "ok"; "range" beyond what the inputs are
    made for; "open" and "short" beyond what a PT1000 can have.
    """
    if resistance is None or resistance > milliohms(HIGHEST):
        return "open", None
    if resistance < milliohms(LOWEST):
        return "short", None
    t = milli_celsius(resistance)
    return ("ok" if DEVICE_LOWEST <= t <= DEVICE_HIGHEST else "range"), t
