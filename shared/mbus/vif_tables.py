"""The VIF tables of the M-Bus: which code is which quantity, unit and power of ten.

EN 13757-3:2018 Tables 10 (primary), 12 (FDh), 13 (FDh FDh) and 14 (FBh), with the historic rows
that meters in the field still send. The words of VIFEs are in `vife_words`.

The tables are text, one row a line, because a board keeps text in a quarter of the memory that
tuples take; `vib` reads a row when it meets the VIF. A row: first and last code, kind, power of ten
of the first code (the next has one more), quantity | base unit. The power of a duration is the unit
of the first code: s, min, h, d, month, year follow each other.
"""

from shared.compat import const

# Kinds: how the data of a record is to be taken; the letter is the one in the tables.
NUMBER = const(0)  # n: BCD, signed binary (type B) or REAL32, times a power of ten
UNSIGNED = const(1)  # u: the same with binary data unsigned (types C, D); binary LVAR is bytes
DATE = const(2)  # d: type F, G, I or J, by the length of the data
BYTES = const(3)  # b: a container, binary LVAR is bytes
KINDS = "nudb"

DURATIONS = (  # base unit, factor to it, unit
    ("s", 1, "s"),
    ("s", 60, "min"),
    ("s", 3600, "h"),
    ("s", 86400, "d"),
    ("month", 1, "month"),
    ("year", 1, "year"),
)

PRIMARY = """\
00-07 n -3 Energy|Wh
08-0F n 0 Energy|J
10-17 n -6 Volume|m^3
18-1F n -3 Mass|kg
20-23 n s On time|
24-27 n s Operating time|
28-2F n -3 Power|W
30-37 n 0 Power|J/h
38-3F n -6 Volume flow|m^3/h
40-47 n -7 Volume flow|m^3/min
48-4F n -9 Volume flow|m^3/s
50-57 n -3 Mass flow|kg/h
58-5B n -3 Flow temperature|°C
5C-5F n -3 Return temperature|°C
60-63 n -3 Temperature difference|K
64-67 n -3 External temperature|°C
68-6B n -3 Pressure|bar
6C-6C d 0 Time point (date)|
6D-6D d 0 Time point (date & time)|
6E-6E n 0 H.C.A.|Units for H.C.A.
70-73 n s Averaging Duration|
74-77 n s Actuality Duration|
78-78 u 0 Fabrication No|
79-79 u 0 (Enhanced) Identification|
7A-7A u 0 Bus Address|
7E-7E n 0 Any VIF|
7F-7F b 0 Manufacturer specific|
"""

FD = """\
00-03 n -3 Credit|currency units
04-07 n -3 Debit|currency units
08-08 u 0 Access Number (transmission count)|
09-09 u 0 Medium|
0A-0A u 0 Manufacturer|
0B-0B u 0 Parameter set identification|
0C-0C u 0 Model / Version|
0D-0D u 0 Hardware version|
0E-0E u 0 Firmware version|
0F-0F u 0 Software version|
10-10 u 0 Customer location|
11-11 u 0 Customer|
12-12 u 0 Access Code User|
13-13 u 0 Access Code Operator|
14-14 u 0 Access Code System Operator|
15-15 u 0 Access Code Developer|
16-16 u 0 Password|
17-17 u 0 Error flags|
18-18 u 0 Error mask|
19-19 b 0 Security key|
1A-1A u 0 Digital Output|
1B-1B u 0 Digital Input|
1C-1C u 0 Baudrate|baud
1D-1D u 0 Response delay time|bit times
1E-1E u 0 Retry|
1F-1F u 0 Remote control|
20-20 u 0 First storage # for cyclic storage|
21-21 u 0 Last storage # for cyclic storage|
22-22 u 0 Size of storage block|
23-23 u 0 Descriptor for tariff and subunit|
24-29 n s Storage interval|
2A-2A b 0 Operator specific data|
2B-2B u 0 Time point second|s
2C-2F n s Duration since last readout|
30-30 d 0 Start (date/time) of tariff|
31-33 n min Duration of tariff|
34-39 n s Period of tariff|
3A-3A n 0 Dimensionless|
3B-3B b 0 Data container for wireless M-Bus protocol|
3C-3F n s Period of nominal data transmissions|
40-4F n -9 Voltage|V
50-5F n -12 Current|A
60-60 u 0 Reset counter|
61-61 u 0 Cumulation counter|
62-62 u 0 Control signal|
63-63 u 0 Day of week|
64-64 u 0 Week number|
65-65 d 0 Time point of day change|
66-66 u 0 State of parameter activation|
67-67 u 0 Special supplier information|
68-6B n h Duration since last cumulation|
6C-6F n h Operating time battery|
70-70 d 0 Date and time of battery change|
71-71 n 0 RF level|dBm
72-72 b 0 Daylight saving (type K)|
73-73 b 0 Listening window management (type L)|
74-74 n d Remaining battery life time|
75-75 u 0 Number of times the meter was stopped|
76-76 b 0 Data container for manufacturer specific protocol|
"""

FDFD = """\
00-00 u 0 Currently selected application|
02-03 n month Remaining battery life time|
"""

FB = """\
00-01 n 5 Energy|Wh
02-03 n 3 Reactive energy|varh
04-05 n 3 Apparent energy|VAh
08-09 n 8 Energy|J
0C-0F n 5 Energy|cal
10-11 n 2 Volume|m^3
14-17 n 0 Reactive power|var
18-19 n 5 Mass|kg
1A-1B n -1 Relative humidity|%
20-20 n 0 Volume|ft^3
21-21 n -1 Volume|ft^3
22-23 n -1 Volume|gal
24-24 n -3 Volume flow|gal/min
25-25 n 0 Volume flow|gal/min
26-26 n 0 Volume flow|gal/h
28-29 n 5 Power|W
2A-2A n -1 Phase U-U|°
2B-2B n -1 Phase U-I|°
2C-2F n -3 Frequency|Hz
30-31 n 8 Power|J/h
34-37 n 0 Apparent power|VA
58-5B n -3 Flow temperature|°F
5C-5F n -3 Return temperature|°F
60-63 n -3 Temperature difference|°F
64-67 n -3 External temperature|°F
68-68 n -12 Resulting rating factor, K|2^-12
69-69 n 0 Thermal output rating factor, Kq|W
6A-6A n -12 Thermal coupling rating factor overall, Kc|2^-12
6B-6B n -12 Thermal coupling rating factor room side, Kcr|2^-12
6C-6C n -12 Thermal coupling rating factor heater side, Kch|2^-12
6D-6D n -12 Low temperature rating factor, Kt|2^-12
6E-6E n -12 Display output scaling factor, KD|2^-12
70-73 n -3 Cold/warm temperature limit|°F
74-77 n -3 Cold/warm temperature limit|°C
78-7F n -3 Cumulative maximum of active power|W
"""
