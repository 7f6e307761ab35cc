"""What a contributor's hooks, CI's script and the workflows run is the same, with the same versions."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / ".ci" / "run"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


def test_every_hook_is_a_step_of_the_script() -> None:
    """A commit that the hooks let pass is not stopped by a rule that only CI knows."""
    hooks = [hook for repo in read(ROOT / ".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    script = SCRIPT.read_text(encoding="utf-8")
    for hook in hooks:
        words = shlex.split(hook["entry"].replace(" --force-exclude", ""))
        assert " ".join(words) in script, hook["id"]
    for line in re.findall(r"(?m)^(?:committed )?(uv run --no-sync (?!invoke|coverage|zensical).+)$", script):
        assert any(line.startswith(hook["entry"].replace(" --force-exclude", "")) for hook in hooks), line


def test_uv_has_one_version_everywhere() -> None:
    pinned = set(re.findall(r"uv==([0-9.]+)", SCRIPT.read_text(encoding="utf-8")))
    for path in WORKFLOWS:
        for step in steps(path):
            if "setup-uv@" in step.get("uses", ""):
                pinned.add(step["with"]["version"])
    assert len(pinned) == 1


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_no_rights_but_those_that_a_job_names(path: Path) -> None:
    flow = read(path)
    assert flow["permissions"] == {}
    for job in flow["jobs"].values():
        assert "write-all" not in job["permissions"]
        if any("secrets." in str(step) for step in job["steps"]):
            assert job["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_an_action_is_pinned_by_its_commit_and_names_its_version(path: Path) -> None:
    used = re.findall(r"(?m)^\s*(?:- )?uses: (.+)$", path.read_text(encoding="utf-8"))
    assert used
    for action in used:
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_only_the_refresh_of_the_example_sees_the_token() -> None:
    found = steps(ROOT / ".github" / "workflows" / "report.yml")
    seeing = [step["name"] for step in found if "TESTIO_CUSTOMER_API_TOKEN" in str(step)]
    assert seeing == ["Refresh"]


def test_the_example_saves_the_snapshots_whatever_happened_and_publishes_only_when_asked() -> None:
    flow = read(ROOT / ".github" / "workflows" / "report.yml")
    found = steps(ROOT / ".github" / "workflows" / "report.yml")
    (restore,) = (step for step in found if "cache/restore@" in step.get("uses", ""))
    (save,) = (step for step in found if "cache/save@" in step.get("uses", ""))
    assert save["if"] == "always()"
    assert save["with"]["path"] == restore["with"]["path"]  # a cache is only found by the same paths
    publishing = [step for step in found if "pages-artifact@" in step.get("uses", "")] + [
        flow["jobs"]["pages"]
    ]
    assert {each["if"] for each in publishing} == {"vars.PUBLISH_PAGES == 'public'"}
