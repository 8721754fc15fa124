"""The hosted workflows, issue forms and hooks: what they name exists."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
PINNED = re.compile(r"[\w./-]+@v\d+\.\d+\.\d+")

every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def jobs(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load(path.read_text("utf-8"))["jobs"].values())


def test_the_workflows_are_found() -> None:
    assert {path.stem for path in WORKFLOWS} == {"check", "images", "test"}


@every_workflow
def test_commands_call_targets_of_the_makefile(path: Path) -> None:
    commands = [step["run"] for job in jobs(path) for step in job["steps"] if "run" in step]
    called = {
        target
        for command in commands
        if command.startswith("make ")
        for target in command.split()[1:]
        if "=" not in target
    }

    assert called - TARGETS == set()
    assert called or path.stem == "images"


@every_workflow
def test_actions_are_pinned_and_jobs_are_limited(path: Path) -> None:
    for job in jobs(path):
        assert job["timeout-minutes"] > 0
        for step in job["steps"]:
            assert "uses" not in step or PINNED.fullmatch(step["uses"]), step


def test_images_are_built_from_files_and_stages_that_exist() -> None:
    (job,) = jobs(ROOT / ".github" / "workflows" / "images.yml")
    for image in job["strategy"]["matrix"]["include"]:
        assert (ROOT / image["context"]).is_dir()
        stages = (ROOT / image["dockerfile"]).read_text("utf-8")
        assert not image["target"] or f" AS {image['target']}\n" in stages


def test_the_packages_to_install_are_those_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    found = re.search(r"apt-get install (.+)", readme)
    assert found is not None
    for path in WORKFLOWS:
        text = path.read_text("utf-8")
        installs = re.findall(r"apt-get install -y (.+)", text)
        assert all(set(found[1].split()) <= set(each.split()) for each in installs)


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_issue_forms_are_yaml_with_a_name(path: Path) -> None:
    form = yaml.safe_load(path.read_text("utf-8"))

    assert path.stem == "config" or {"name", "description", "body"} <= form.keys()


def test_the_hooks_are_valid_and_call_installed_programs() -> None:
    config = ROOT / ".pre-commit-config.yaml"
    program = Path(sys.executable).with_name("pre-commit")
    checked = subprocess.run(  # noqa: S603 - our own command
        [program, "validate-config", config], capture_output=True, text=True, check=False
    )
    hooks = yaml.safe_load(config.read_text("utf-8"))["repos"][0]["hooks"]

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert all((ROOT / hook["entry"].split()[0]).exists() for hook in hooks)
