"""Names as often as they are found in Colombia, drawn fast enough for a million people."""

import random
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Final

from faker.providers.person.es_CO import Provider

ONE_NAME_SHARE: Final = 0.3


class _Weighted:
    def __init__(self, weights: Mapping[str, float]) -> None:
        self._names: Sequence[str] = list(weights)
        self._cumulated = list(accumulate(weights.values()))

    def draw(self, chance: random.Random, count: int) -> list[str]:
        return chance.choices(self._names, cum_weights=self._cumulated, k=count)


_WOMEN: Final = _Weighted(Provider.first_names_female)
_MEN: Final = _Weighted(Provider.first_names_male)
_SURNAMES: Final = _Weighted(Provider.last_names)


def draw_names(chance: random.Random) -> tuple[str, str]:
    """Given names and surnames."""
    first, second = (_WOMEN if chance.random() < 0.5 else _MEN).draw(chance, 2)  # noqa: PLR2004 - a half
    alone = first == second or chance.random() < ONE_NAME_SHARE
    return first if alone else f"{first} {second}", " ".join(_SURNAMES.draw(chance, 2))


def draw_name(chance: random.Random) -> str:
    given, surname = _WOMEN.draw(chance, 1), _SURNAMES.draw(chance, 1)
    return f"{given[0]} {surname[0]}"
