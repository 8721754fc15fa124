import subprocess
import sys

PROGRAM = """
import importlib, pkgutil, sys
import vinculo.documents.domain as domain

modules = [module.name for module in pkgutil.walk_packages(domain.__path__, domain.__name__ + ".")]
for name in modules:
    importlib.import_module(name)
print(len(modules), sorted(name for name in sys.modules if name.startswith("vinculo.")))
print(sorted({name.partition(".")[0] for name in sys.modules}))
"""
FORBIDDEN = ("sqlalchemy", "asyncpg", "aiokafka", "pydantic", "prometheus_client")


def test_the_domain_loads_no_library_but_that_of_events() -> None:
    first, second = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    ).stdout.splitlines()

    assert first.startswith("3 ")
    assert "vinculo.documents.domain.dossier_decisions" in first
    assert "vinculo.eventstore" not in first
    assert [name for name in FORBIDDEN if f"'{name}'" in second] == []
