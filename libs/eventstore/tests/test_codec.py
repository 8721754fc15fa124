import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from vinculo.events import ERASED, Sealed
from vinculo.eventstore import Codec, UnknownEventType, UnreadableEvent
from vinculo.eventstore.testing import assert_samples_load, freeze_sample, stored_sample

from .account_domain import AccountOpened, Holder, MoneyPaidIn, NoteLeft

TYPES = {
    "account-opened.v1": AccountOpened,
    "money-paid-in.v2": MoneyPaidIn,
    "note-left.v1": NoteLeft,
}
UPCASTERS = {
    "money-paid-in.v1": ("money-paid-in.v2", lambda data: {"amount_cents": data["amount"] * 100}),
    "cash-paid-in.v1": ("money-paid-in.v1", lambda data: {"amount": data["cash"]}),
}
CODEC = Codec(TYPES, UPCASTERS)
OPENED = AccountOpened(
    account_id=UUID(int=7),
    opened_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    personal=Holder(name="Ana"),
)
ENVELOPE = {"v": 1, "kid": "k", "n": "n", "ct": "c"}


def test_plain_facts_and_the_personal_part_are_encoded_separately() -> None:
    encoded = CODEC.encode(OPENED)

    assert encoded.type == "account-opened.v1"
    assert encoded.data == {"account_id": str(UUID(int=7)), "opened_at": "2026-01-02T03:04:05Z"}
    assert encoded.personal == {"v": 1, "name": "Ana"}


def test_the_personal_part_of_a_decoded_event_is_sealed() -> None:
    data = CODEC.encode(OPENED).data

    event = CODEC.decode(stored_sample("account-opened.v1", data, ENVELOPE))

    assert event == AccountOpened(
        account_id=OPENED.account_id,
        opened_at=OPENED.opened_at,
        personal=Sealed(UUID(int=1), UUID(int=2), ENVELOPE),
    )


def test_a_decrypted_part_replaces_the_sealed_one() -> None:
    stored = stored_sample("account-opened.v1", CODEC.encode(OPENED).data, ENVELOPE)
    event = CODEC.decode(stored)

    assert CODEC.with_personal(event, {"v": 1, "name": "Ana"}) == OPENED
    assert CODEC.with_personal(event, ERASED).personal is ERASED


def test_a_personal_part_may_be_absent() -> None:
    encoded = CODEC.encode(NoteLeft())

    assert encoded.personal is None
    assert CODEC.decode(stored_sample("note-left.v1", encoded.data)) == NoteLeft()


def test_an_envelope_cannot_be_encoded_in_another_event() -> None:
    sealed = Sealed(UUID(int=1), UUID(int=2), ENVELOPE)

    with pytest.raises(TypeError, match="plain"):
        CODEC.encode(NoteLeft(personal=sealed))


def test_old_types_are_upcast_step_by_step() -> None:
    assert CODEC.decode(stored_sample("cash-paid-in.v1", {"cash": 3})) == MoneyPaidIn(
        amount_cents=300
    )


def test_upcasting_does_not_change_the_stored_data() -> None:
    codec = Codec(TYPES, {"x.v1": ("money-paid-in.v2", lambda data: data | {"amount_cents": 1})})
    stored = stored_sample("x.v1", {})

    codec.decode(stored)

    assert stored.data == {}


def test_unknown_fields_are_ignored() -> None:
    stored = stored_sample("money-paid-in.v2", {"amount_cents": 5, "colour": "red"})

    assert CODEC.decode(stored) == MoneyPaidIn(amount_cents=5)


def test_an_unknown_stored_type_is_named() -> None:
    with pytest.raises(UnknownEventType, match=r"money-burnt\.v1"):
        CODEC.decode(stored_sample("money-burnt.v1", {}))


def test_a_class_without_a_stored_name_is_named() -> None:
    with pytest.raises(UnknownEventType, match="Holder"):
        CODEC.encode(Holder(name="Ana"))


def test_the_error_of_unreadable_data_does_not_contain_values() -> None:
    with pytest.raises(UnreadableEvent, match="amount_cents") as error:
        CODEC.decode(stored_sample("money-paid-in.v2", {"amount_cents": "secret"}))

    assert "secret" not in str(error.value)


def test_upcasters_in_a_circle_are_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        Codec(TYPES, {"a.v1": ("b.v1", dict), "b.v1": ("a.v1", dict)})


def test_an_upcaster_to_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match=r"nowhere\.v1"):
        Codec(TYPES, {"a.v1": ("nowhere.v1", dict)})


def test_a_class_with_two_type_names_is_refused() -> None:
    with pytest.raises(ValueError, match="two"):
        Codec({"a.v1": MoneyPaidIn, "b.v1": MoneyPaidIn})


def test_every_stored_type_needs_a_frozen_sample(tmp_path: Path) -> None:
    for event in (OPENED, MoneyPaidIn(amount_cents=1), NoteLeft()):
        freeze_sample(CODEC, event, tmp_path)

    with pytest.raises(AssertionError, match=r"cash-paid-in\.v1"):
        assert_samples_load(CODEC, tmp_path)

    assert_samples_load(Codec(TYPES), tmp_path)


def test_an_existing_sample_is_never_changed(tmp_path: Path) -> None:
    freeze_sample(CODEC, MoneyPaidIn(amount_cents=1), tmp_path)
    freeze_sample(CODEC, MoneyPaidIn(amount_cents=2), tmp_path)

    assert '"amount_cents": 1' in (tmp_path / "money-paid-in.v2.json").read_text()


def test_a_sample_of_a_removed_type_is_reported(tmp_path: Path) -> None:
    (tmp_path / "account-closed.v1.json").write_text('{"data": {}}')
    for event in (OPENED, MoneyPaidIn(amount_cents=1), NoteLeft()):
        freeze_sample(CODEC, event, tmp_path)

    with pytest.raises(AssertionError, match=r"account-closed\.v1"):
        assert_samples_load(Codec(TYPES), tmp_path)


PERSONAL_UPCASTERS = {
    Holder: [
        lambda fields: {"full_name": fields["names"]},
        lambda fields: {"name": fields["full_name"].strip()},
    ]
}
RENAMED = Codec(TYPES, UPCASTERS, PERSONAL_UPCASTERS)


@pytest.mark.parametrize(
    "sealed",
    [
        {"names": " Ana "},
        {"v": 1, "names": " Ana "},
        {"v": 2, "full_name": "Ana "},
        {"v": 3, "name": "Ana"},
    ],
    ids=["without a version", "1", "2", "3"],
)
def test_an_opened_personal_part_is_upcast_from_its_own_version(sealed: dict[str, Any]) -> None:
    stored = stored_sample("account-opened.v1", CODEC.encode(OPENED).data, ENVELOPE)

    assert RENAMED.with_personal(RENAMED.decode(stored), sealed) == OPENED


def test_a_personal_part_is_written_in_the_newest_version() -> None:
    assert RENAMED.encode(OPENED).personal == {"v": 3, "name": "Ana"}


@pytest.mark.parametrize(
    "sealed",
    [{"v": 4, "name": "canary"}, {"v": 1, "name": "canary"}, {"v": 3, "name": ["canary"]}],
    ids=["of a newer version", "without its field", "of another type"],
)
def test_an_unreadable_personal_part_is_named_without_its_values(sealed: dict[str, Any]) -> None:
    with pytest.raises(UnreadableEvent, match="personal part of AccountOpened") as refused:
        RENAMED.with_personal(OPENED, sealed)

    assert "canary" not in str(refused.value)


def test_every_version_of_a_personal_part_needs_a_frozen_sample(tmp_path: Path) -> None:
    """The sample of the first version is not changed, and must still be readable."""
    (tmp_path / "account-opened.v1.json").write_text(
        json.dumps({"data": CODEC.encode(OPENED).data, "personal": {"v": 1, "names": "Ana"}})
    )
    types = {"account-opened.v1": AccountOpened}
    renamed = Codec(types, personal_upcasters=PERSONAL_UPCASTERS)
    with pytest.raises(AssertionError, match=r"personal-v2.*personal-v3"):
        assert_samples_load(renamed, tmp_path)

    twice = Codec(types, personal_upcasters={Holder: PERSONAL_UPCASTERS[Holder][1:]})
    (tmp_path / "account-opened.v1.json").unlink()
    freeze_sample(renamed, OPENED, tmp_path)
    assert (tmp_path / "account-opened.v1.personal-v3.json").exists()
    with pytest.raises(AssertionError, match=r"no frozen sample of \['account-opened\.v1'"):
        assert_samples_load(twice, tmp_path)


def test_a_renamed_field_without_an_upcaster_fails_the_frozen_sample(tmp_path: Path) -> None:
    (tmp_path / "account-opened.v1.json").write_text(
        json.dumps({"data": CODEC.encode(OPENED).data, "personal": {"v": 1, "names": "Ana"}})
    )

    with pytest.raises(UnreadableEvent):
        assert_samples_load(Codec({"account-opened.v1": AccountOpened}), tmp_path)
