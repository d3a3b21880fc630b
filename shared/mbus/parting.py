"""What parts meters with equal numbers: their medium, their version, their manufacturer.

A selection has no wildcard inside these bytes, so that each value costs a probe. The unlikely ones
are only tried while fewer than two meters are known, for a collision needs no more.
"""

from shared.compat import const

_LAST_MEDIUM = const(0x3F)  # above, EN 13757-7 has none
_LETTERS = const(4)  # of a name and the blank behind it

# Of the names given out by the FLAG association those that are met on an M-Bus, 4 bytes each: as a
# list they would take the boards' memory.
_USUAL = (
    "ABB ACW AMT APA DME EFE ELS ELV EMH ESY GMC HYD ITR ITW KAM LGB LSE LUG NZR PAD QDS REL SAP "
    "SEN SIE SLB SON SPX SVM TCH ZRI ZRM "
)
_OTHERS = (
    "ACE ACG AEG AEL AEM AMP APS APT ARF AXI BEC BER BHG BMT BSE BST BTR CBI CLO CON CZM DAN DEV "
    "DFS DWZ DZG EBZ ECM EDM EGM EIE EKT ELM ELR EMO EMU END ENP ENT ERL ESM ETY EUR EWT FED FFD "
    "FIN FLO FML GAV GBJ GEC GMT GSP GTE GWF HAG HEG HEL HON HTC ICM IDE IMT INE INV ISK IST ITU "
    "IWK JAN KHL KKE KNX KRO KST LAS LEM LGD LGZ LHA LML LSP LSZ MAD MEI MET MKS MNS MPS MTC MWU "
    "NES NIS NMS NRM NWM ONR ORN PIK PIP PMG PRI RAM RAS RIT RKE SAG SBC SCH SMC SME SML SOC SOF "
    "SPL SWI TEC TIP TRL UAG UGI VES VIT VMP VPI WEH WEP WMO WTT WZG XMX YTE ZAG ZAP ZEN ZIV "
)


def _media(_kinds, known):
    for medium in range(255):
        if medium <= _LAST_MEDIUM or len(known) < 2:
            yield bytes((medium,))


def _versions(_kinds, _known):
    for version in range(255):
        yield bytes((version,))


def _makers(kinds, known):
    met = []
    for kind in kinds:
        if kind[:2] not in met:
            met.append(kind[:2])
            yield kind[:2]
    for names, most in ((_USUAL, 1 << 30), (_OTHERS, 1)):
        for place in range(0, len(names), _LETTERS):
            code = 0
            for letter in names[place : place + 3]:
                code = code << 5 | ord(letter) - 64
            maker = code.to_bytes(2, "little")
            if maker not in met and len(known) <= most:
                yield maker


# (first, last, values): bytes first..last-1 of a mask, and what to try there, as a generator. It
# takes the kinds of meters met on this bus (manufacturer, version, medium) and the list of headers
# known behind the mask, which grows meanwhile.
STEPS = ((7, 8, _media), (6, 7, _versions), (4, 6, _makers))
