"""The words of the combinable VIFEs: code and text, one a line, a line feed before each.

EN 13757-3:2018 Tables 15 and 16. The phrases are those of the CSV names (manual 11.2).
"""

# Combinable VIFEs that only add words; `vib` makes the words of limits and durations itself.
WORDS = """
12 average
13 inverse compact profile
14 relative deviation
1D standard conform data
1E compact profile with registers
1F compact profile
20 per second
21 per minute
22 per hour
23 per day
24 per week
25 per month
26 per year
27 per revolution
28 per input pulse ch. 0
29 per input pulse ch. 1
2A per output pulse ch. 0
2B per output pulse ch. 1
2C per liter
2D per cubic meter
2E per kilogram
2F per kelvin
30 per kWh
31 per GJ
32 per kW
33 per kelvinliter
34 per volt
35 per ampere
36 times s
37 times s/V
38 times s/A
39 start date
3A uncorrected
3B forward
3C backward
3D non-metric
3E base conditions
3F OBIS declaration
40 lower limit
41 exceeds of lower limit
48 upper limit
49 exceeds of upper limit
68 during lower limit exceed
69 leakage
6C during upper limit exceed
6D overflow
7E future value
"""

# The same after VIFE FCh.
MORE_WORDS = """
01 phase L1
02 phase L2
03 phase L3
04 neutral
05 phases L1-L2
06 phases L2-L3
07 phases L3-L1
08 quadrant 1
09 quadrant 2
0A quadrant 3
0B quadrant 4
0C import less export
0D non-metric
0E secondary sensor
0F higher resolution
10 absolute count
11 type C
12 type D
13 end date
14 to the meter
15 from the meter
"""

# VIFEs by which a meter says that the record has no value.
RECORD_ERRORS = """
01 too many DIFEs
02 storage number not implemented
03 unit number not implemented
04 tariff number not implemented
05 function not implemented
06 data class not implemented
07 data size not implemented
0B too many VIFEs
0C illegal VIF group
0D illegal VIF exponent
0E VIF and DIF do not match
0F unimplemented action
15 no data available
16 data overflow
17 data underflow
18 data error
1C premature end of record
"""
