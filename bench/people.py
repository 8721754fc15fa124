"""A population to measure on: written to the log once, projected once, used by many rows.

Named with `--people-name` it stays on the servers, and the next run finds it there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time

from bench.environment import BenchEnvironment, fresh_name
from vinculo.events import utc_now
from vinculo.local.process_spec import StartFailedError
from vinculo.population.coordinator import default_processes, write_population
from vinculo.population.event_log import create_log_topics
from vinculo.population.namespace import Namespace, is_same_population
from vinculo.population.person_generator import PopulationSpec
from vinculo.population.service import build_read_model
from vinculo.query_api.generations import read_pointer
from vinculo.query_api.mongo import Mongo, connect
from vinculo.query_api.read_model import ReadModel
from vinculo.query_api.settings import Settings

SEED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """People on the topics. `environment` is that of a query service over them."""

    people: int
    events: int
    namespace: Namespace
    environment: Mapping[str, str]

    @property
    def settings(self) -> Settings:
        return Settings.model_validate(
            {name.lower(): value for name, value in self.environment.items()}
        )


async def logged(environment: BenchEnvironment, people: int) -> Population:
    """A population on the topics, with or without a read model."""
    if people not in environment.populations:
        name = f"{environment.people_name}{people}" if environment.people_name else fresh_name()
        namespace = Namespace(name=name, servers=environment.addresses.environment())
        environment.populations[people] = namespace
        await _write(
            environment, namespace, PopulationSpec(people=people, seed=SEED, until=today())
        )
    namespace = environment.populations[people]
    found = await namespace.read_mark()
    if found is None:
        raise LookupError(f"{namespace.name} was dropped meanwhile")
    return Population(
        people=people,
        events=found["events"],
        namespace=namespace,
        environment=namespace.environment(),
    )


async def projected(environment: BenchEnvironment, people: int) -> Population:
    """A population on the topics and in a read model, all of it read once to warm the caches."""
    population = await logged(environment, people)
    mongo = connect(population.settings.mongo_url)
    try:
        with environment.console.status(f"{people:,} people: building the read model") as status:
            if await read_pointer(mongo.database) is None:
                await build_read_model(
                    population.environment,
                    lambda progress: status.update(f"{people:,} people: {progress}"),
                )
            status.update(f"{people:,} people: reading all of them once")
            await _read_through(mongo)
    finally:
        await mongo.close()
    return population


async def _read_through(mongo: Mongo) -> None:
    """Read all people, and every index from end to end."""
    people = (await ReadModel(mongo.database, utc_now).collections()).people
    for name in await people.index_information():
        await people.count_documents({}, hint=name)
    async for _ in people.find({}, {"revision": 1}, batch_size=10_000):
        pass


def today() -> datetime:
    """The beginning of the day in UTC."""
    return datetime.combine(datetime.now(UTC).date(), time(), UTC)


async def _write(environment: BenchEnvironment, namespace: Namespace, spec: PopulationSpec) -> None:
    found = await namespace.read_mark()
    if found is not None:
        if not is_same_population(found, spec, None):
            raise StartFailedError(f"{namespace.name} is taken by other people: {found}")
        return
    await namespace.create_databases()
    await create_log_topics(namespace.log)
    await namespace.write_mark(spec)
    with environment.console.status("") as status:

        def report(people: int, events: int) -> None:
            status.update(f"{people:,} of {spec.people:,} people, {events:,} events written")

        events = await write_population(
            namespace.log, spec, processes=default_processes(), report=report
        )
    await namespace.write_mark(spec, events)
