"""Durations counted in buckets, so that percentiles of any number of them are cheap.

A bucket is a sixteenth of a doubling wide: a percentile is right to within about two per cent. The
first bucket holds what took less than a second.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

BUCKETS_IN_DOUBLING: Final = 16


def bucket_expression(milliseconds: Any) -> dict[str, Any]:  # noqa: ANN401 - an expression
    """MongoDB's expression for the bucket of a duration of at least zero."""
    seconds = {"$divide": [milliseconds, 1000]}
    return {
        "$cond": [
            {"$lt": [seconds, 1]},
            0,
            {
                "$add": [
                    1,
                    {
                        "$toInt": {
                            "$floor": {"$multiply": [{"$log": [seconds, 2]}, BUCKETS_IN_DOUBLING]}
                        }
                    },
                ]
            },
        ]
    }


def seconds_of(bucket: int) -> float:
    """The middle of the bucket, as near to both its ends in proportion."""
    if bucket == 0:
        return 0.0
    return float(2 ** ((bucket - 0.5) / BUCKETS_IN_DOUBLING))


def percentile(buckets: Mapping[int, int], share: float) -> float | None:
    """Seconds within which this share of all durations lies; None when there are none."""
    rank = math.ceil(share * sum(buckets.values()))
    for bucket in sorted(buckets):
        rank -= buckets[bucket]
        if rank <= 0:
            return seconds_of(bucket)
    return None
