"""The screening of files: CPU time beside that of decoding and encoding, and time to result."""

from bench.environment import BenchEnvironment
from bench.findings import Finding
from bench.screening import cpu_per_file, time_to_result


async def measure(environment: BenchEnvironment) -> list[Finding]:
    return [
        *await cpu_per_file.measure(environment),
        *await time_to_result.measure(environment),
    ]
