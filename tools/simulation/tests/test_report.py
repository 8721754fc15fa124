"""What the demonstration prints at its end."""

import pytest
from rich.console import Console

from vinculo.simulation.report import print_access
from vinculo.simulation.staff import demo_staff

INNER = {"VINCULO_MAIL_URL": "http://mail:8025", "VINCULO_SMS": "http://sms:1026/messages"}
PUBLIC = {
    "VINCULO_MAIL_PUBLIC_URL": "http://127.0.0.1:32768/",
    "VINCULO_SMS_PUBLIC_URL": "http://127.0.0.1:32769/messages?to=PHONE",
}
FOLDERS = {"VINCULO_MAIL_DIR": "/data/mails", "VINCULO_SMS_DIR": "/data/sms"}


@pytest.mark.parametrize(
    ("environment", "mails", "sms"),
    [
        (INNER | PUBLIC, *PUBLIC.values()),
        (FOLDERS | {"VINCULO_SMS": "http://127.0.0.1:1026"}, *FOLDERS.values()),
        (INNER, *INNER.values()),
    ],
)
def test_messages_are_where_a_person_can_read_them(
    environment: dict[str, str], mails: str, sms: str
) -> None:
    console = Console(record=True, width=200)
    accounts = list(demo_staff({"VINCULO_HASH_KEY": "0" * 64}))
    print_access(console, "http://127.0.0.1:8080", accounts, environment)
    lines = [line.split(maxsplit=1) for line in console.export_text().splitlines()]
    shown = {line[0]: line[1] for line in lines if len(line) > 1}
    assert (shown["mails"], shown["SMS"]) == (mails, sms)
