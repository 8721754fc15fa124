"""Names on Kafka that begin with the deployment's prefix.

Each generation is a consumer group of its own; their dead letters go to one topic, as it is one
operator who looks after them.
"""

from vinculo.query_api.settings import Settings


def dead_letter_group(settings: Settings) -> str:
    return f"{settings.vinculo_topic_prefix}query-api"


def generation_group(settings: Settings, generation: str) -> str:
    return f"{dead_letter_group(settings)}.{generation}"
