"""A lender's whole system as journeys meet it: applicants, staff, a credit system, its commands."""

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
from vinculo.testing.eventually import eventually

PAYERS = payers()
Document = dict[str, Any]


def _people() -> itertools.chain[Person]:
    seed = uuid4().int % 10**9
    return itertools.chain.from_iterable(
        make_people(50, seed=seed + n, payers=PAYERS) for n in itertools.count()
    )


@dataclass(kw_only=True)
class Lender:
    system: System
    gateway: GatewayClient
    mails: Mailbox
    operator: OperatorClient
    admin: OperatorClient
    credit: CreditSystem
    payer_ids: dict[str, UUID]
    people: itertools.chain[Person] = field(default_factory=_people)

    def applicant(self, **changed: Any) -> ApplicantClient:
        """Somebody new, of the project whose documents are reviewed."""
        person = replace(next(self.people), project="default", locale="es")
        return ApplicantClient(self.gateway, self.mails, replace(person, **changed))

    async def activated(self, **changed: Any) -> ApplicantClient:
        applicant = self.applicant(**changed)
        await applicant.register()
        await applicant.activate()
        return applicant

    async def completed(self, **changed: Any) -> ApplicantClient:
        """Somebody who did all five steps, whose documents wait for review."""
        applicant = await self.activated(**changed)
        await self.finish_steps(applicant)
        return applicant

    async def finish_steps(self, applicant: ApplicantClient) -> None:
        payer = applicant.person.employment.payer.name
        await applicant.declare_employment(self.payer_ids[payer])
        await applicant.upload_all()
        await applicant.complete()

    async def customer(self, **changed: Any) -> ApplicantClient:
        applicant = await self.completed(**changed)
        await self.operator.accept_dossier(applicant.person_id)
        await self.operator.wait_for_status(applicant.person_id, "enabled")
        return applicant

    async def listed(
        self, list_name: str, applicant: ApplicantClient, **wanted: object
    ) -> Document:
        """Wait until the list, searched, shows the person with these values in the row."""

        async def shown() -> list[Document]:
            rows = await self.found(list_name, applicant)
            return [row for row in rows if wanted.items() <= row.items()]

        return (await eventually(shown, timeout=60))[0]

    async def found(self, list_name: str, applicant: ApplicantClient) -> list[Document]:
        """The person's rows, searched as the list allows."""
        person = applicant.person
        words = person.document_number if list_name == "registrations" else person.phone
        rows = (await self.operator.rows(list_name, q=words))["items"]
        return [row for row in rows if row["person_id"] == str(applicant.person_id)]

    @asynccontextmanager
    async def mongo(self) -> AsyncIterator[AsyncDatabase[Document]]:
        url = self.system.environment["QUERY_MONGO_URL"]
        async with AsyncMongoClient[Document](url, uuidRepresentation="standard") as client:
            yield client.get_default_database()

    async def read_model(self) -> list[Document]:
        """The people of the generation in service, without what counts writes."""
        async with self.mongo() as database:
            pointer = await database["read_model"].find_one({"_id": "active"})
            if pointer is None:
                return []
            people = await database[f"people_{pointer['generation']}"].find().sort("_id").to_list()
        return [{k: v for k, v in person.items() if k != "revision"} for person in people]

    async def command(self, module: str, *arguments: str) -> str:
        """Run an operators' command with the system's settings; its output when it succeeds."""
        code, output = await self.attempt(module, *arguments)
        assert code == 0, output
        return output

    async def attempt(self, module: str, *arguments: str) -> tuple[int | None, str]:
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
        return process.returncode, output.decode()

    async def publish(
        self, topic: str, headers: Mapping[str, str], value: bytes, *, subject: UUID
    ) -> str:
        """Put a record on a topic past every service, as nobody should; its place."""
        producer = AIOKafkaProducer(bootstrap_servers=self.system.environment["VINCULO_KAFKA"])
        await producer.start()
        try:
            written = await producer.send_and_wait(
                self.system.environment["VINCULO_TOPIC_PREFIX"] + topic,
                key=str(subject).encode(),
                value=value,
                headers=[(name, text.encode()) for name, text in headers.items()],
            )
            return f"{written.topic}/{written.partition}/{written.offset}"
        finally:
            await producer.stop()


@asynccontextmanager
async def lender_of(system: System) -> AsyncIterator[Lender]:
    """Staff, payers and a credit system for a running system."""
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
        yield Lender(
            system=system,
            gateway=gateway,
            mails=Mailbox.from_environment({**environment, **mail_place(system)}),
            operator=operator,
            admin=admin,
            credit=credit,
            payer_ids={payer.name: await operator.register_payer(payer) for payer in PAYERS},
        )


def mail_place(system: System) -> dict[str, str]:
    """Where the mails of the system lie."""
    folder = system.addresses.mail_directory
    return {} if folder is None else {"VINCULO_MAIL_DIR": str(folder)}


def cloud_event(
    *, event_type: str, source: str, stream_id: str, version: int, subject: UUID
) -> dict[str, str]:
    """The headers of an event as services publish them."""
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


def value_of(**facts: object) -> bytes:
    return orjson.dumps(facts)
