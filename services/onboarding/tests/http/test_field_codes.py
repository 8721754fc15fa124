"""The codes that routes declare are those of the message catalogues."""

from vinculo.httpapi.catalogue import COMMON_MESSAGES, FIELD_ERROR
from vinculo.httpapi.testing import undeclared_field_codes
from vinculo.onboarding.http import field_codes
from vinculo.onboarding.messages import MESSAGES

from ..service_fixture import ServiceFixture

OWN_CODES = set(MESSAGES.keys(FIELD_ERROR)) - set(COMMON_MESSAGES.keys(FIELD_ERROR))


def test_every_code_of_the_catalogues_is_declared_and_no_other() -> None:
    declared = {
        code
        for name, codes in vars(field_codes).items()
        if name.endswith("_CODES")
        for code in codes
    }
    assert declared - set(COMMON_MESSAGES.keys(FIELD_ERROR)) == OWN_CODES


def test_each_route_declares_the_codes_of_its_form(offline_service: ServiceFixture) -> None:
    assert undeclared_field_codes(offline_service.app, OWN_CODES) == []
