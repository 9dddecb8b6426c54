"""The names of months in the languages that shops export dates in, and their usual short forms."""

import re

_NAMES = (
    "january jan januar jänner janvier janv enero ene gennaio gen januari janeiro",
    "february feb februar feber février fevrier févr fevr febrero febbraio febbr februari fevereiro fev",
    "march mar märz maerz mrz mars marzo marz maart mrt março marco",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mag mei maio",
    "june jun juni juin junio giugno giu junho",
    "july jul juli juillet juil julio luglio lug julho",
    "august aug août aout agosto ago augustus",
    "september sep sept septembre septiembre settembre set setembro",
    "october oct oktober okt octobre octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre decembre déc diciembre dic dicembre dezembro",
)
#: Name to number, from 1; in small letters, without a full stop.
MONTHS = {name: number for number, names in enumerate(_NAMES, start=1) for name in names.split()}
#: Matches any of them, the longest first; a full stop may follow.
MONTH_PATTERN = rf"(?:{'|'.join(sorted(map(re.escape, MONTHS), key=len, reverse=True))})\b\.?"
