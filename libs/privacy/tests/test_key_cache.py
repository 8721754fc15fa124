from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vinculo.privacy.key_ring import MAX_CACHE_SECONDS, MAX_CACHED_KEYS, DataKey, KeyCache

CIPHER = AESGCM(bytes(32))
PERSON = UUID(int=1)
KEY = DataKey(PERSON, CIPHER)
DESTROYED = DataKey(PERSON, None)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_key_is_cached_for_five_minutes() -> None:
    clock = Clock()
    cache = KeyCache(clock)
    cache.put(PERSON, KEY, epoch=cache.epoch)

    clock.now = MAX_CACHE_SECONDS - 1
    assert cache.get(PERSON) == KEY
    clock.now = MAX_CACHE_SECONDS
    assert cache.get(PERSON) is None
    assert MAX_CACHE_SECONDS <= 300


def test_a_forgotten_key_is_removed_at_once() -> None:
    cache = KeyCache(Clock())
    cache.put(PERSON, KEY, epoch=cache.epoch)

    cache.forget(PERSON)

    assert cache.get(PERSON) is None


def test_forgetting_a_person_removes_their_further_keys() -> None:
    cache = KeyCache(Clock())
    of_another = DataKey(UUID(int=2), CIPHER)
    cache.put(UUID(int=7), KEY, epoch=cache.epoch)
    cache.put(UUID(int=8), of_another, epoch=cache.epoch)

    cache.forget(PERSON)

    assert cache.get(UUID(int=7)) is None
    assert cache.get(UUID(int=8)) == of_another


def test_a_read_that_began_before_forget_does_not_put_the_key_back() -> None:
    cache = KeyCache(Clock())
    epoch = cache.epoch

    cache.forget(PERSON)
    cache.put(PERSON, KEY, epoch=epoch)

    assert cache.get(PERSON) is None


def test_an_erased_person_is_cached_too() -> None:
    cache = KeyCache(Clock())
    cache.put(PERSON, DESTROYED, epoch=cache.epoch)

    assert cache.get(PERSON) == DESTROYED


def test_the_oldest_entries_are_removed_from_a_full_cache() -> None:
    cache = KeyCache(Clock())
    for number in range(MAX_CACHED_KEYS + 1):
        cache.put(UUID(int=number), KEY, epoch=cache.epoch)

    assert cache.get(UUID(int=0)) is None
    assert cache.get(UUID(int=MAX_CACHED_KEYS)) == KEY


def test_a_person_is_forgotten_whose_further_key_has_expired() -> None:
    clock = Clock()
    cache = KeyCache(clock)
    cache.put(UUID(int=7), KEY, epoch=cache.epoch)
    clock.now = MAX_CACHE_SECONDS
    assert cache.get(UUID(int=7)) is None
    cache.put(PERSON, KEY, epoch=cache.epoch)

    cache.forget(PERSON)

    assert cache.get(PERSON) is None
