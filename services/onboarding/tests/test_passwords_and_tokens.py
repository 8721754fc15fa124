"""Hashes are Argon2id; keys and settings that cannot be used are told apart without being shown."""

import asyncio
from threading import Event

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from vinculo.onboarding.application.access_tokens import (
    AccessTokens,
    SigningKeyError,
    read_signing_key,
)
from vinculo.onboarding.application.password_hasher import (
    HashingCost,
    PasswordHasher,
    PasswordHasherBusy,
    default_threads,
)
from vinculo.onboarding.settings import DatabaseSettings, Settings
from vinculo.process import settings_or_exit

from .service_under_test import CHEAP, ISSUER, PASSWORD, SIGNING_KEY

ENVIRONMENT = {
    "ONBOARDING_DATABASE_URL": "postgresql://u:p@127.0.0.1/onboarding",
    "ONBOARDING_SIGNING_KEY": SIGNING_KEY.decode(),
    "VINCULO_KEYRING_URL": "postgresql://u:p@127.0.0.1/keyring",
    "VINCULO_KEY_ENCRYPTION_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "VINCULO_LINK_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "VINCULO_HASH_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


async def test_passwords_are_hashed_by_argon2id_at_the_advised_cost() -> None:
    passwords = PasswordHasher()
    kept = await passwords.hash(PASSWORD)
    passwords.close()

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_a_password_matches_its_hash_only() -> None:
    passwords = PasswordHasher(CHEAP)
    kept = await passwords.hash(PASSWORD)

    assert (await passwords.verify(PASSWORD, kept)).matches
    assert not (await passwords.verify(PASSWORD + " ", kept)).matches
    assert not (await passwords.verify(PASSWORD, None)).matches
    passwords.close()


async def test_a_hash_of_another_cost_is_made_anew() -> None:
    kept = await PasswordHasher(CHEAP).hash(PASSWORD)
    dearer = PasswordHasher(HashingCost(memory_kib=16, time_cost=1))
    verification = await dearer.verify(PASSWORD, kept)

    assert verification.new_hash is not None
    assert "m=16," in verification.new_hash
    assert (await dearer.verify(PASSWORD, verification.new_hash)).new_hash is None


async def test_hashing_leaves_the_event_loop_free() -> None:
    passwords = PasswordHasher()
    hashing = asyncio.ensure_future(passwords.hash(PASSWORD))
    turns = 0
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1
    passwords.close()

    assert turns > 10


@pytest.mark.parametrize(("cores", "threads"), [(None, 1), (1, 1), (2, 1), (8, 7)])
def test_one_core_is_left_to_the_rest(cores: int | None, threads: int) -> None:
    assert default_threads(cores) == threads


async def test_what_cannot_be_computed_in_time_is_refused_at_once() -> None:
    passwords = PasswordHasher(threads=1, max_queued=2)
    goes_on = Event()
    under_way = [asyncio.ensure_future(passwords.run_in_pool(goes_on.wait)) for _ in range(2)]
    await asyncio.sleep(0)

    with pytest.raises(PasswordHasherBusy):
        await passwords.hash(PASSWORD)

    goes_on.set()
    await asyncio.gather(*under_way)
    assert await passwords.hash(PASSWORD)
    passwords.close()


def test_the_same_key_has_the_same_id_everywhere() -> None:
    one = AccessTokens(read_signing_key(SIGNING_KEY.decode()), ISSUER)
    other = AccessTokens(read_signing_key(SIGNING_KEY.decode().replace("\n", "\\n")), ISSUER)

    assert one.key_set() == other.key_set()


@pytest.mark.parametrize("pem", ["", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_what_is_no_signing_key_is_refused(pem: str) -> None:
    with pytest.raises(SigningKeyError):
        read_signing_key(pem)


def test_a_key_on_another_curve_is_refused() -> None:
    key = generate_private_key(SECP384R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    with pytest.raises(SigningKeyError):
        read_signing_key(pem)


def test_settings_are_read_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ONBOARDING_PROJECTS", "default, express, pilot")
    environment.setenv("VINCULO_PUBLIC_URL", "https://vinculo.example/")
    settings = settings_or_exit(Settings)

    assert settings.onboarding_projects == {"default", "express", "pilot"}
    assert settings.vinculo_public_url == "https://vinculo.example"
    assert "0123456789abcdef" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("VINCULO_LINK_KEY", "c2VjcmV0", "must be 32 bytes in base64"),
        ("VINCULO_HASH_KEY", "s3cr3t!", "is not base64"),
        ("ONBOARDING_SIGNING_KEY", "s3cr3t", "is not a private key on P-256 in PEM"),
        ("VINCULO_TIME_ZONE", "Mars/Olympus", "is not a time zone"),
        ("VINCULO_PUBLIC_URL", "vinculo.example", "must be http:// or https://, host and port"),
        ("ONBOARDING_DATABASE_URL", None, "missing"),
    ],
)
def test_a_bad_setting_is_one_readable_line(
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str | None,
    complaint: str,
) -> None:
    if value is None:
        environment.delenv(name)
    else:
        environment.setenv(name, value)

    with pytest.raises(SystemExit) as ended:
        settings_or_exit(Settings)
    said = capsys.readouterr().err
    assert ended.value.code == 78
    assert said.startswith(f"{name}: ")
    assert complaint in said
    assert said.count("\n") == 1
    assert "s3cr3t" not in said


def test_migrating_needs_the_database_only(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("VINCULO_LINK_KEY")

    assert settings_or_exit(DatabaseSettings).onboarding_database_url
