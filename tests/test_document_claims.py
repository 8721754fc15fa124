"""The owner of a document gets it back from a stranger who activated it first."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.document_files import required_files
from vinculo.simulation.gateway_client import RequestRefused
from vinculo.simulation.inboxes import ActivationLink, activation_link_in
from vinculo.testing.waiting import eventually

from .system_harness import SystemHarness
from .test_file_erasure import objects_with

CLAIMS = "/onboarding/v1/document-claims"
FILES = "/documents/v1/claims"


async def stranger_and_owner(harness: SystemHarness) -> tuple[ApplicantClient, ApplicantClient]:
    """A stranger with an active account, and the document's owner, whose link is refused."""
    stranger = await harness.activated_applicant()
    owner = harness.applicant(
        document_type=stranger.person.document_type,
        document_number=stranger.person.document_number,
    )
    await owner.register()
    return stranger, owner


async def open_claim(harness: SystemHarness, owner: ApplicantClient) -> str:
    link = await owner.activation_link()
    with pytest.raises(RequestRefused) as refused:
        await owner.activate(link)
    assert refused.value.problem_type == "document-activated-by-another"
    body = {**link_of(link), "statement": "El documento es mío"}
    opened = await harness.gateway.call("POST", CLAIMS, json=body)
    assert opened.status == 201
    await harness.mailbox.wait_for(owner.person.email, subject_contains="Recibimos su reclamo")
    return str(opened.body["claim_id"])


def link_of(link: ActivationLink) -> dict[str, str]:
    return {"link_id": str(link.link_id), "token": link.token}


async def decide(harness: SystemHarness, claim_id: str, decision: str, reason: str) -> Any:
    found = await harness.operator.call("GET", f"{CLAIMS}/{claim_id}")
    assert found.body["claim"]["state"] == "open"
    response = await harness.operator.call(
        "POST",
        f"{CLAIMS}/{claim_id}/decision",
        json={"decision": decision, "reason": reason},
        headers={"If-Match": found.headers["etag"]},
    )
    return response.body


async def send_file(harness: SystemHarness, owner: ApplicantClient, claim_id: str) -> str:
    """A file for the claim, sent with a token that the link of the mail gives; its id."""
    link = link_of(await owner.activation_link())
    issued = await harness.gateway.call(
        "POST", "/onboarding/v1/document-claim-access-tokens", json=link
    )
    token = issued.body["access_token"]
    files = f"{FILES}/{claim_id}"

    async def is_open() -> bool:
        try:
            listed = await harness.gateway.call("GET", f"{files}/files", token=token)
        except RequestRefused as refused:
            if refused.problem_type != "document-claim-not-ready":
                raise
            return False
        return bool(listed.body["max_files"] == 3)

    await eventually(is_open)
    file = required_files(owner.person, datetime.now(UTC).date())[0]
    announced = await harness.gateway.call(
        "POST",
        f"{files}/uploads",
        json={"media_type": file.media_type, "size_bytes": len(file.content)},
        token=token,
    )
    form = announced.body
    await harness.gateway.upload(
        form["url"], form["fields"], file.name, file.content, file.media_type
    )
    path = f"{files}/uploads/{form['upload_id']}"
    await harness.gateway.call("POST", f"{path}/completion", token=token)

    async def result() -> dict[str, str]:
        upload = (await harness.gateway.call("GET", path, token=token)).body
        return {} if upload["state"] == "received" else dict(upload)

    screened = await eventually(result)
    assert screened["state"] == "screened"
    return screened["file_id"]


async def download_url(harness: SystemHarness, claim_id: str) -> str:
    """A link to the claim's only file, for an operator."""
    files = f"{FILES}/{claim_id}/files"
    (file,) = (await harness.operator.call("GET", files)).body["items"]
    link = await harness.operator.call("POST", f"{files}/{file['file_id']}/download-links")
    return str(link.body["url"])


async def test_a_granted_claim_gives_the_document_to_its_owner(harness: SystemHarness) -> None:
    stranger, owner = await stranger_and_owner(harness)
    await harness.wait_for_row("registrations", stranger, status="pending")
    claim_id = await open_claim(harness, owner)
    mails = len(await harness.mailbox.mails_to(owner.person.email))
    await send_file(harness, owner, claim_id)
    url = await download_url(harness, claim_id)
    assert (await harness.operator.download(url)).startswith(b"\xff\xd8")
    queue = await harness.operator.call("GET", CLAIMS, params={"state": "open"})
    assert claim_id in {each["claim_id"] for each in queue.body["items"]}

    decided = await decide(harness, claim_id, "grant", "identity_proved")
    claimant = UUID(decided["decision"]["claimant_id"])

    with pytest.raises(RequestRefused) as signed_out:
        await stranger.application()
    assert signed_out.value.status == 401
    with pytest.raises(RequestRefused) as signing_in:
        await stranger.sign_in()
    assert signing_in.value.problem_type == "sign-in-refused"
    await harness.operator.wait_for_status(stranger.person_id, "blocked")
    with pytest.raises(RequestRefused) as unblocking:
        await harness.admin.unblock(stranger.person_id)
    assert unblocking.value.problem_type == "identity-disputed"

    await harness.mailbox.wait_for(owner.person.email, subject_contains="Se concedió")
    mail = await harness.mailbox.wait_for(owner.person.email, skip=mails, subject_contains="ctiv")
    link = activation_link_in(mail)
    assert link is not None
    assert await owner.activate(link) == claimant
    assert await owner.sign_in() == claimant
    shown = await owner.application()
    assert shown["personal_details"]["given_names"] == owner.person.given_names
    await harness.complete_steps(owner)
    await harness.operator.wait_for_status(claimant, "pending")
    await eventually(in_timeline(harness, claimant, "reservation-received.v1"), timeout=60)
    for type_ in ("reservation-moved.v1", "record-blocked.v1"):
        await eventually(in_timeline(harness, stranger.person_id, type_), timeout=60)


def in_timeline(
    harness: SystemHarness, person_id: UUID, type_: str
) -> Callable[[], Awaitable[bool]]:
    async def found() -> bool:
        items = (await harness.operator.timeline(person_id))["items"]
        return type_ in {each["type"] for each in items}

    return found


async def test_a_refused_claim_leaves_the_document_with_its_holder(
    harness: SystemHarness,
) -> None:
    holder, claimant = await stranger_and_owner(harness)
    claim_id = await open_claim(harness, claimant)
    file_id = await send_file(harness, claimant, claim_id)
    assert [key.rpartition("/")[2] for _, key, _ in objects_with(harness, claim_id)] == [file_id]

    decided = await decide(harness, claim_id, "refuse", "holder_confirmed")

    assert decided["state"] == "refused"
    await harness.mailbox.wait_for(claimant.person.email, subject_contains="Sobre su reclamo")
    await eventually(lambda: not objects_with(harness, claim_id), timeout=60)
    await eventually(in_timeline(harness, holder.person_id, "message-sent.v1"), timeout=60)
    history = await harness.operator.timeline(holder.person_id)
    for personal in (claimant.person.email, claimant.person.phone):
        assert personal not in str(history)
    assert await holder.sign_in() == holder.person_id
    with pytest.raises(RequestRefused) as again:
        await decide_again(harness, claim_id)
    assert again.value.problem_type == "document-claim-decided"
    with pytest.raises(RequestRefused) as refused:
        await claimant.activate(await claimant.activation_link())
    assert refused.value.problem_type == "document-activated-by-another"


async def decide_again(harness: SystemHarness, claim_id: str) -> None:
    await harness.operator.call(
        "POST",
        f"{CLAIMS}/{claim_id}/decision",
        json={"decision": "grant", "reason": "identity_proved"},
        headers={"If-Match": 'W/"2"'},
    )


async def test_the_erasure_of_a_blocked_stranger_leaves_the_owner_alone(
    harness: SystemHarness,
) -> None:
    stranger, owner = await stranger_and_owner(harness)
    claim_id = await open_claim(harness, owner)
    decided = await decide(harness, claim_id, "grant", "identity_proved")
    claimant = UUID(decided["decision"]["claimant_id"])
    await harness.operator.wait_for_status(stranger.person_id, "blocked")
    await harness.operator.wait_for_status(claimant, "pending_email_verification")

    erasure = await harness.admin.erase(stranger.person_id)
    await harness.admin.wait_for_key_destruction(erasure)

    async def is_gone() -> bool:
        try:
            await harness.operator.call("GET", f"{CLAIMS}/{claim_id}")
        except RequestRefused as refused:
            return refused.problem_type == "document-claim-unknown"
        return False

    await eventually(is_gone, timeout=60)
    record = await harness.operator.record(claimant)
    assert record["status"] == "pending_email_verification"
