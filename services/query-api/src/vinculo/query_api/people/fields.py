"""Names of fields made from what someone else chose."""

import re
from typing import Final
from urllib.parse import quote

_AS_IT_IS: Final = re.compile(r"[A-Za-z0-9_~/:@-]*")


def field_name(text: str) -> str:
    """Without dots, dollar signs or null characters; different for different texts."""
    if _AS_IT_IS.fullmatch(text):
        return text
    return quote(text, safe="/:@").replace(".", "%2E")
