"""A rendered mail as the message that goes over the wire."""

from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from uuid import UUID

from vinculo.notifications.domain.message import Locale
from vinculo.notifications.rendering import Mail


class AddressUnusable(Exception):
    """The address cannot be written into a header."""


def mime_message(
    mail: Mail, *, message_id: UUID, sender: str, to: str, locale: Locale, now: datetime
) -> EmailMessage:
    """Give a multipart message; its `Message-ID` is the same whenever it is sent again."""
    message = EmailMessage(policy=SMTP)
    sender_name, sender_address = parseaddr(sender)
    message["From"] = Address(sender_name, addr_spec=sender_address)
    message["To"] = _recipient(to)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{message_id}@{sender_address.rpartition('@')[2]}>"
    message["Content-Language"] = locale.value
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


def ascii_domain(address: str) -> str:
    """Write an international domain as mail servers know it; the part before `@` stays."""
    local, at, domain = address.rpartition("@")
    if not at:
        raise AddressUnusable
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise AddressUnusable from error


def _recipient(to: str) -> Address:
    try:
        return Address(addr_spec=to)
    except (ValueError, IndexError, MessageError) as error:
        raise AddressUnusable from error
