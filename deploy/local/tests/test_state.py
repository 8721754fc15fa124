"""Printable addresses of a running system."""

from vinculo.local.state import printable_addresses


def test_printed_addresses_contain_no_password() -> None:
    addresses = printable_addresses(
        {
            "VINCULO_PUBLIC_URL": "http://127.0.0.1:8080",
            "VINCULO_POSTGRES_URL": "postgresql://vinculo:secret@127.0.0.1:5432/postgres",
            "VINCULO_S3_SECRET_KEY": "secret",
        }
    )
    assert addresses == [
        ("registration", "http://127.0.0.1:8080/"),
        ("console", "http://127.0.0.1:8080/console/"),
        ("gateway", "http://127.0.0.1:8080"),
        ("PostgreSQL", "postgresql://vinculo:…@127.0.0.1:5432/postgres"),
    ]
