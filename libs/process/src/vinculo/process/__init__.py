"""Parts of a service process: settings, logs, life cycle, command line, periodic jobs, retries."""

from annotated_types import Unit

from vinculo.process.backoff import Backoff, run_with_retries
from vinculo.process.command_line import service_command_line
from vinculo.process.configuration_files import ConfigurationFileError, read_toml
from vinculo.process.crash_points import crash_point
from vinculo.process.lifecycle import (
    Task,
    run_to_completion,
    run_until_signal,
    with_cleanup,
)
from vinculo.process.logs import configure_logging
from vinculo.process.periodic import PeriodicJob
from vinculo.process.settings import (
    EnvironmentSettings,
    LedgerSettings,
    MailSettings,
    PublicSettings,
    SecretKeySetting,
    SharedSettings,
    StorageSettings,
    TimeZoneSetting,
    WebOrigin,
    settings_or_exit,
)
from vinculo.process.tables import (
    PRUNING_INTERVAL_SECONDS,
    Executes,
    prune_statement,
    pruning_job,
)

__all__ = [
    "PRUNING_INTERVAL_SECONDS",
    "Backoff",
    "ConfigurationFileError",
    "EnvironmentSettings",
    "Executes",
    "LedgerSettings",
    "MailSettings",
    "PeriodicJob",
    "PublicSettings",
    "SecretKeySetting",
    "SharedSettings",
    "StorageSettings",
    "Task",
    "TimeZoneSetting",
    "Unit",
    "WebOrigin",
    "configure_logging",
    "crash_point",
    "prune_statement",
    "pruning_job",
    "read_toml",
    "run_to_completion",
    "run_until_signal",
    "run_with_retries",
    "service_command_line",
    "settings_or_exit",
    "with_cleanup",
]
