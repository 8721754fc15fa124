"""A running system with clients for applicants, staff and a credit system."""

import asyncio
import itertools
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import orjson
from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from vinculo.local.system import System
from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.credit_system import CreditSystem
from vinculo.simulation.gateway_client import GatewayClient
from vinculo.simulation.inboxes import Mailbox
from vinculo.simulation.operator_client import OperatorClient
from vinculo.simulation.payers import payers
from vinculo.simulation.people import Person, make_people
from vinculo.simulation.staff import demo_staff, signed_in_operator
from vinculo.testing.waiting import eventually

PAYERS = payers()
Document = dict[str, Any]


def _people() -> itertools.chain[Person]:
    seed = uuid4().int % 10**9
    return itertools.chain.from_iterable(
        make_people(50, seed=seed + n, payers=PAYERS) for n in itertools.count()
    )


@dataclass(kw_only=True)
class SystemHarness:
    """Creates people in a given state, reads what the system shows, runs its commands."""

    system: System
    gateway: GatewayClient
    mailbox: Mailbox
    operator: OperatorClient
    admin: OperatorClient
    credit: CreditSystem
    payer_ids: dict[str, UUID]
    people: itertools.chain[Person] = field(default_factory=_people)

    def applicant(self, **changes: Any) -> ApplicantClient:
        """A new person in the project whose documents are reviewed."""
        person = replace(next(self.people), project="default", locale="es")
        return ApplicantClient(self.gateway, self.mailbox, replace(person, **changes))

    async def activated_applicant(self, **changes: Any) -> ApplicantClient:
        applicant = self.applicant(**changes)
        await applicant.register()
        await applicant.activate()
        return applicant

    async def completed_applicant(self, **changes: Any) -> ApplicantClient:
        """A person who completed all five steps, with documents in review."""
        applicant = await self.activated_applicant(**changes)
        await self.complete_steps(applicant)
        return applicant

    async def complete_steps(self, applicant: ApplicantClient) -> None:
        payer = applicant.person.employment.payer.name
        await applicant.declare_employment(self.payer_ids[payer])
        await applicant.upload_all()
        await applicant.complete()

    async def customer(self, **changes: Any) -> ApplicantClient:
        """A promoted person, as the registry and the person's own account know by now."""
        applicant = await self.completed_applicant(**changes)
        await self.operator.accept_dossier(applicant.person_id)
        await self.operator.wait_for_status(applicant.person_id, "enabled")
        await applicant.wait_for_application(status="enabled")
        return applicant

    async def wait_for_row(
        self, list_name: str, applicant: ApplicantClient, **expected: object
    ) -> Document:
        """Wait until the list has a row of the person with these values."""

        async def matching() -> list[Document]:
            rows = await self.rows_of(list_name, applicant)
            return [row for row in rows if expected.items() <= row.items()]

        return (await eventually(matching, timeout=60))[0]

    async def rows_of(self, list_name: str, applicant: ApplicantClient) -> list[Document]:
        """The person's rows, found by a search."""
        person = applicant.person
        search = person.document_number if list_name == "registrations" else person.phone
        rows = (await self.operator.rows(list_name, q=search))["items"]
        return [row for row in rows if row["person_id"] == str(applicant.person_id)]

    @asynccontextmanager
    async def mongo(self) -> AsyncIterator[AsyncDatabase[Document]]:
        url = self.system.environment["QUERY_MONGO_URL"]
        async with AsyncMongoClient[Document](url, uuidRepresentation="standard") as client:
            yield client.get_default_database()

    async def people_documents(self) -> list[Document]:
        """The documents of the active generation, without their revision numbers."""
        async with self.mongo() as database:
            pointer = await database["read_model"].find_one({"_id": "active"})
            if pointer is None:
                return []
            people = await database[f"people_{pointer['generation']}"].find().sort("_id").to_list()
        return [{k: v for k, v in person.items() if k != "revision"} for person in people]

    async def run_command(self, module: str, *arguments: str) -> str:
        """Run `python -m vinculo.<module>` with the system's settings; its output."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            f"vinculo.{module}",
            *arguments,
            env={**os.environ, **self.system.environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()
        return output.decode()

    async def publish_raw(
        self, topic: str, headers: Mapping[str, str], value: bytes, *, subject: UUID
    ) -> str:
        """Send a record to a topic without any service; its topic/partition/offset."""
        producer = AIOKafkaProducer(bootstrap_servers=self.system.environment["VINCULO_KAFKA"])
        await producer.start()
        try:
            sent = await producer.send_and_wait(
                self.system.environment["VINCULO_TOPIC_PREFIX"] + topic,
                key=str(subject).encode(),
                value=value,
                headers=[(name, text.encode()) for name, text in headers.items()],
            )
            return f"{sent.topic}/{sent.partition}/{sent.offset}"
        finally:
            await producer.stop()


@asynccontextmanager
async def open_harness(system: System) -> AsyncIterator[SystemHarness]:
    """Create staff, payers and a credit system for a running system."""
    environment = system.environment
    async with (
        GatewayClient(system.url) as gateway,
        CreditSystem(
            environment["VINCULO_KAFKA"], topic_prefix=environment["VINCULO_TOPIC_PREFIX"]
        ) as credit,
    ):
        operator, admin = [
            await signed_in_operator(gateway, account, environment)
            for account in demo_staff(environment)
        ]
        yield SystemHarness(
            system=system,
            gateway=gateway,
            mailbox=Mailbox.from_environment({**environment, **mail_settings(system)}),
            operator=operator,
            admin=admin,
            credit=credit,
            payer_ids={payer.name: await operator.register_payer(payer) for payer in PAYERS},
        )


def mail_settings(system: System) -> dict[str, str]:
    """The variable that names the folder with received mails."""
    folder = system.addresses.mail_directory
    return {} if folder is None else {"VINCULO_MAIL_DIR": str(folder)}


def cloud_event_headers(
    *, event_type: str, source: str, stream_id: str, version: int, subject: UUID
) -> dict[str, str]:
    """The headers of a record as published by services."""
    return {
        "ce_specversion": "1.0",
        "ce_id": str(uuid4()),
        "ce_source": source,
        "ce_type": event_type,
        "ce_subject": str(subject),
        "ce_time": "2026-11-22T00:00:00Z",
        "ce_streamid": stream_id,
        "ce_streamversion": str(version),
        "content-type": "application/json",
    }


def json_value(**facts: object) -> bytes:
    return orjson.dumps(facts)
