"""The cheap look at a text that most reviews pass: nothing in it can be personal data."""

import re

from models.personal_data.addresses import STREET_TYPES

_CHINESE_ROAD_ENDS = "路街巷段道同"

# Nearly every review has none of these, and nothing else is done for it. It begins with one set of
# characters because the engine skips to those fastest.
SUSPICION = re.compile(
    r"[0-9０-９٠-٩۰-۹@＠wWｗＷvVｖＶqQｑＱdD微威薇卫扣企加+＋➕(\[{<（【#＃艾](?:"
    r"(?<=[0-9０-９٠-٩۰-۹])(?:(?:[\W_]{0,6}[0-9０-９٠-٩۰-۹]){4}"
    rf"|[A-Za-z]?,? (?:[\w.']{{1,20}} ){{1,4}}{STREET_TYPES}"
    rf"|(?<=[{_CHINESE_ROAD_ENDS}].)|(?<=[{_CHINESE_ROAD_ENDS}] .)|(?<=[Oo][Xx] .)|[栋幢]|单元|号楼)"
    r"|(?<=[@＠])"
    r"|(?<=[wWｗＷ])(?:[eEｅＥ](?:[cCｃＣ]|[iI][xX])|[xXｘＸ])"
    r"|(?<=[vVｖＶ]) ?[xXｘＸ信:：]"
    r"|(?<=[qQｑＱ])[qQｑＱ群]"
    r"|(?<= [dD])[oO][tT] "
    r"|(?<=[微威薇])[信:：]|(?<=卫)星|(?<=扣)扣|(?<=企)鹅"
    r"|(?<=[加+＋➕]).{0,3}?[vVｖＶqQｑＱ微威薇]"
    r"|(?<=[(\[{<（【])\s?(?:[aA][tT]\b|艾特)"
    r"|(?<=[#＃])(?:[a-z]|163|126)|(?<=艾)特)"
)  # fmt: skip
