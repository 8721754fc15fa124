"""Invented people written straight into the log, as many as a measurement needs.

What is written are events as the services publish them, sealed under real keys, in topics and
databases of their own: no service but the read model's follows them.
"""

from typing import Final

MOST_PEOPLE: Final = 5_000_000
"""Document numbers of their own are there for so many."""
