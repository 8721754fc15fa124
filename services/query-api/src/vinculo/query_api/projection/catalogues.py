"""Policies, which are about no one person; and messages, which the timeline names."""

from vinculo.contracts import Facts
from vinculo.contracts.customer_registry import PolicyPublished
from vinculo.contracts.notifications import MessageFailed, MessageQueued, MessageSent
from vinculo.query_api.mongo import Document


def fold_policy(policy: Document, event: Facts) -> None:
    match event:
        case PolicyPublished():
            policy["project"] = event.project
            policy["policy"] = event.policy
            policy["policy_version"] = event.policy_version
            policy["requirements"] = [
                {
                    "code": requirement.code,
                    "title_es": requirement.title_es,
                    "title_en": requirement.title_en,
                }
                for requirement in event.requirements
            ]
            policy["published_at"] = event.published_at


def fold_message(message: Document, event: Facts) -> None:
    match event:
        case MessageQueued():
            message["template"] = event.template
            message["channel"] = event.channel
            message["locale"] = event.locale
            message["cause_event_id"] = event.cause_event_id
            message["state"] = "queued"
            message["queued_at"] = event.queued_at
        case MessageSent():
            message["state"] = "sent"
            message["attempts"] = event.attempts
            message["sent_at"] = event.sent_at
        case MessageFailed():
            message["state"] = "failed"
            message["attempts"] = event.attempts
            message["reason_code"] = event.reason_code
            message["failed_at"] = event.failed_at
