"""What a contributor's hooks, CI's script and the workflows run is the same, with the same versions."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.settings import Settings

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


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_installs_only_what_the_lock_file_names(path: Path) -> None:
    """A package that was published an hour ago would see the token before anybody has read it."""
    for job in read(path)["jobs"].values():
        locked = False
        for step in job["steps"]:
            assert not re.search(
                r"\b(pip3? install|pipx|uvx|uv (tool|pip|add)|npm (?!ci)[a-z]+|npx)\b", step.get("run", "")
            ), step
            for command in re.findall(r"\buv (?!run --no-sync)[a-z-]+[^\n|&;]*", step.get("run", "")):
                assert "--locked" in command.split(), command
                locked = True
            if "uv run --no-sync" in step.get("run", ""):
                assert locked, "it runs what no lock file was checked against"


def test_what_builds_is_pinned_as_what_runs_is() -> None:
    """The build backend runs code of its own on the machine that holds the token."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = {re.split(r"[<>=~!]", one)[0].strip() for one in project["build-system"]["requires"]}
    pinned = dict(one.split("==") for one in project["tool"]["uv"]["build-constraint-dependencies"])
    assert pinned.keys() == needed
    assert all(re.fullmatch(r"\d+(\.\d+)+", version) for version in pinned.values())


EXAMPLE = ROOT / ".github" / "workflows" / "report.yml"


def test_the_job_of_the_example_that_may_publish_runs_nothing_of_ours() -> None:
    """One job with the token, all dependencies and the right to publish is one package away from a leak."""
    jobs = read(EXAMPLE)["jobs"]
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "build": {"contents": "read"},
        "pages": {"pages": "write", "id-token": "write"},
    }
    (publish,) = jobs["pages"]["steps"]
    assert publish.keys() <= {"id", "uses"}
    assert "secrets." not in str(jobs["pages"])
    assert "env" not in read(EXAMPLE)
    for step in steps(EXAMPLE):
        if "checkout@" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


def test_the_example_ends_in_time_and_never_at_two_places_at_once() -> None:
    """A night without an end held up the next one, and published nothing of what it had fetched."""
    flow = read(EXAMPLE)
    (refreshing,) = (step["run"] for step in steps(EXAMPLE) if "invoke refresh" in step.get("run", ""))
    (minutes,) = re.findall(r"invoke refresh .*--deadline (\d+)m\b", refreshing)
    assert int(minutes) < flow["jobs"]["build"]["timeout-minutes"]
    assert flow["concurrency"]["cancel-in-progress"] is False
    assert set(flow[True]) == {
        "schedule",
        "workflow_dispatch",
    }  # yaml reads `on` so; no pull request starts it


def test_the_example_says_who_can_read_what_it_makes_before_somebody_copies_it() -> None:
    """Pages of a private repository are public on most plans, and a fork's pull request reads caches."""
    text = EXAMPLE.read_text(encoding="utf-8")
    head, after = " ".join(text.split("name: report")[0].replace("#", "").split()), text.split("  pages:")[0]
    for said in ("pull requests from forks", "every bug that the snapshot holds", "everyone on the internet"):
        assert said in head
    assert "Warning: GitHub Pages of a private repository are public" in after
    assert "TESTIO_SITE_INDEXABLE" not in text  # pages say noindex unless that is set
    assert Settings.model_fields["testio_site_indexable"].default is False


def test_only_the_refresh_of_the_example_sees_the_token() -> None:
    found = steps(ROOT / ".github" / "workflows" / "report.yml")
    seeing = [step["name"] for step in found if "TESTIO_CUSTOMER_API_TOKEN" in str(step)]
    assert seeing == ["Refresh"]


def test_the_example_writes_the_gate_on_the_page_of_its_run_and_lets_it_fail_by_a_word() -> None:
    """After the build, from the published snapshot: without --warn-only its exit code fails the step."""
    found = steps(ROOT / ".github" / "workflows" / "report.yml")
    names = [step.get("name") for step in found]
    (gate,) = (step for step in found if step.get("name") == "Gate")
    assert gate["run"] == 'uv run --no-sync invoke gate --warn-only >> "$GITHUB_STEP_SUMMARY"'
    assert "env" not in gate
    assert "if" not in gate
    assert names.index("Refresh") < names.index("Build") < names.index("Gate")


def test_the_example_saves_the_snapshots_whatever_happened_and_publishes_only_when_asked() -> None:
    flow = read(ROOT / ".github" / "workflows" / "report.yml")
    found = steps(ROOT / ".github" / "workflows" / "report.yml")
    (restore,) = (step for step in found if "cache/restore@" in step.get("uses", ""))
    (save,) = (step for step in found if "cache/save@" in step.get("uses", ""))
    assert save["if"] == "always()"
    assert save["with"]["path"] == restore["with"]["path"]  # a cache is only found by the same paths
    (kept,) = (step for step in found if "upload-artifact@" in step.get("uses", ""))
    assert "if" not in kept
    assert kept["with"]["path"] == "site"
    publishing = [step for step in found if "pages-artifact@" in step.get("uses", "")] + [
        flow["jobs"]["pages"]
    ]
    assert {each["if"] for each in publishing} == {"vars.PUBLISH_PAGES == 'public'"}


def test_the_image_is_listed_and_searched_for_known_vulnerabilities() -> None:
    """Else a hole in the base image is served to a team until somebody reads of it."""
    found = [
        step for step in steps(ROOT / ".github" / "workflows" / "test.yml") if "image" in step.get("with", {})
    ]
    assert [step["uses"].partition("@")[0] for step in found] == [
        "anchore/sbom-action",
        "anchore/scan-action",
    ]
    assert {step["with"]["image"] for step in found} == {"testio-reports:checked"}
    assert found[1]["with"]["severity-cutoff"] == "high"
