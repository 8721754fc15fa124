"""Generated people written directly to Kafka, for measurements with many people.

The services' own deciders and codecs make the events, which are encrypted under real keys and
written to separate topics and databases that only the query service reads.
"""

from typing import Final

MAX_PEOPLE: Final = 5_000_000
"""Document numbers are unique up to this number of people."""
