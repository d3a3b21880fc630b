"""What meters measure, in German and French: the English of `shared.mbus.vif_tables` = both."""

TEXT = """
Energy=Energie|Énergie
Volume=Volumen|Volume
Mass=Masse|Masse
Power=Leistung|Puissance
Volume flow=Durchfluss|Débit
Mass flow=Massendurchfluss|Débit massique
Flow temperature=Vorlauf|Température de départ
Return temperature=Rücklauf|Température de retour
Temperature difference=Temperaturdifferenz|Écart de température
External temperature=Temperatur|Température
Pressure=Druck|Pression
H.C.A.=Heizkosteneinheiten|Unités de répartition
Credit=Guthaben|Crédit
Debit=Schuld|Débit
Voltage=Spannung|Tension
Current=Strom|Courant
Reactive energy=Blindenergie|Énergie réactive
Apparent energy=Scheinenergie|Énergie apparente
Reactive power=Blindleistung|Puissance réactive
Apparent power=Scheinleistung|Puissance apparente
Relative humidity=Luftfeuchte|Humidité relative
Phase U-U=Phase U-U|Phase U-U
Phase U-I=Phase U-I|Phase U-I
Frequency=Frequenz|Fréquence
"""

_ENGLISH = {"H.C.A.": "Heat cost units", "External temperature": "Temperature"}
_LANGUAGES = ("de", "fr")


def word(quantity, language):
    """Return the name of `quantity` in `language`: "de" or "fr", else English."""
    if language not in _LANGUAGES:
        return _ENGLISH.get(quantity, quantity)
    _, found, rest = TEXT.partition("\n" + quantity + "=")
    words = rest[: rest.find("\n")].split("|")
    return words[_LANGUAGES.index(language)] if found else quantity
