"""A simulated M-Bus installation: a bus with up to 250 meters, timed to the bit.

It stands where a level converter and the meters would stand, and is a test instrument in its own
right: what a master does wrong is counted, what meters and lines do wrong can be switched on.
The core (`clock`, `wire`, `bus`, `meter`, `values`, `profiles`) is pure and works in virtual time;
`server`, `rfc2217` and `control` are the thin shells that join it to sockets. Run it with
`python -m tools.plant`; README.md tells the rest.
"""
