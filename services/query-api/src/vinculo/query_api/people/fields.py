"""Names of fields made from what someone else chose."""

from urllib.parse import quote


def field_name(text: str) -> str:
    """Without dots, dollar signs or null characters; different for different texts."""
    return quote(text, safe="/:@").replace(".", "%2E")
