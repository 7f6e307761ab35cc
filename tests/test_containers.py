"""The container files: linted, valid, without privileges, and their commands are tasks that exist and run."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from tests.test_docs import collection, flags_of

ROOT = Path(__file__).parent.parent
DOCKERFILE = ROOT / "Dockerfile"
KUBERNETES = ROOT / "deploy" / "kubernetes"
MANIFESTS = sorted(path for path in KUBERNETES.glob("*.yaml") if path.name != "kustomization.yaml")


def objects() -> Iterator[dict[str, Any]]:
    for path in MANIFESTS:
        yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return found


def pods() -> Iterator[dict[str, Any]]:
    for one in objects():
        if one["kind"] == "CronJob":
            yield one["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        elif one["kind"] == "Deployment":
            yield one["spec"]["template"]["spec"]


def instruction(name: str) -> list[str]:
    text = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", " ")
    found: list[str] = json.loads(re.findall(rf"(?m)^{name} .*?(\[.*\])$", text)[-1])
    return found


def test_the_dockerfile_passes_its_linter() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_a_manifest_is_what_the_kubernetes_api_takes(path: Path) -> None:
    for one in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        kubernetes_validate.validate(one, "1.31", strict=True)


def test_the_kustomization_names_every_manifest() -> None:
    named = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]
    assert sorted(named) == [path.name for path in MANIFESTS]


def test_nothing_runs_with_privileges_or_a_writable_root() -> None:
    assert "USER 65532:65532" in DOCKERFILE.read_text(encoding="utf-8")
    found = list(pods())
    assert len(found) == 2
    for pod in found:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        for container in [*pod.get("initContainers", ()), *pod["containers"]]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]
    for service in compose()["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]


def commands() -> Iterator[list[str]]:
    """Every call of a task in the container files, in words."""
    yield [*instruction("ENTRYPOINT"), *instruction("CMD")]
    services = compose()["services"]
    yield ["testio-reports", *services["serve"]["command"]]
    scripts = [services["refresh"]["entrypoint"][-1]]
    for pod in pods():
        for container in [*pod.get("initContainers", ()), *pod["containers"]]:
            if "command" in container:
                scripts.append([*container["command"], *container.get("args", ())][-1])
            else:
                yield ["testio-reports", *container["args"]]
    for script in scripts:
        for part in re.split(r"[;\n]|&&|\|\|", script):
            if "testio-reports" in part:
                words = shlex.split(part)
                yield words[words.index("testio-reports") :]


def test_every_command_is_of_tasks_and_flags_that_exist() -> None:
    found = list(commands())
    names = collection().task_names
    assert len(found) >= 8
    for words in found:
        tasks = [word for word in words[1:] if word in names]
        assert tasks, words
        flags = {flag for task in tasks for flag in flags_of(task)}
        assert {word for word in words if word.startswith("--")} <= flags, words


def test_no_secret_or_snapshot_gets_into_the_image() -> None:
    """What is not named is left out, and every room that the wheel is made of is named."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in lines
    kept = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert not kept & {".env", "accounts", "snapshots", "site", "keys.json", ".git"}
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    rooms = re.search(r"\[tool.hatch.build.targets.wheel\]\nonly-include = (\[[^]]*\])", project)
    assert rooms is not None
    assert set(json.loads(rooms[1])) <= kept
