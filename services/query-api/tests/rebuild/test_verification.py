"""Which streams of a document are compared after a load."""

from uuid import UUID

from vinculo.query_api.rebuild.verification import lag_key, versions

PERSON = UUID(int=1)
STREAM = UUID(int=2)


def test_every_credit_stream_of_a_person_is_compared_by_itself() -> None:
    found = versions(
        {
            "_id": PERSON,
            "registry": {"version": 4},
            "credit_streams": {str(STREAM): {"version": 3}, str(PERSON): {"version": 1}},
        }
    )

    assert found == {"registry": 4, f"credit-{STREAM}": 3, f"credit-{PERSON}": 1}


def test_a_waiting_stream_is_found_among_those_that_lag() -> None:
    assert lag_key(f"credit-{STREAM}", PERSON) == (PERSON, f"credit-{STREAM}")
    assert lag_key(f"customer-{PERSON}", None) == (PERSON, "registry")
