"""Over all accounts: a page with counts and verdicts alone, and what an engine runs for each of them."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml
from invoke.context import Context

from base.errors import InvalidInput
from build.site.pages.accounts import write_accounts
from console.fleet_tasks import fleet, portfolio
from quality.model.facts import Facts
from quality.options import QualityOptions
from quality.views.lists.accounts import AccountRow, account_row, accounts_headline, accounts_table
from quality.views.portfolio import portfolio_view
from tests.factories import make_bug, make_facts, make_product, make_test

ROOT = Path(__file__).parents[2]
NAMES = ("acme", "globex")
HOSTILE = "<script>alert(1)</script>"


def facts(critical: int) -> Facts:
    bugs = [make_bug("active_accepted", severity="critical" if critical else "low") for _ in range(20)]
    products = [make_product(598, f"Secret product {HOSTILE}")]
    return make_facts([make_test(bugs, id=1, product_id=598)], products=products)


def rows() -> list[AccountRow]:
    found = []
    for name, critical in zip(NAMES, (0, 1), strict=True):
        of = facts(critical)
        found.append(account_row(name, f"{name} {HOSTILE}", portfolio_view(of, QualityOptions()), of.as_of))
    return [*found, AccountRow("initech", "Initech")]


def test_the_page_over_accounts_has_counts_and_verdicts_and_no_name_of_a_product(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "index.html").write_text("its own")
    write_accounts(tmp_path, rows(), "Last 90 days")
    page = (tmp_path / "index.html").read_text()
    assert "Secret product" not in page
    assert "<script" not in page
    assert 'href="acme/index.html"' in page
    assert "no snapshot can be read" in page
    assert (tmp_path / "acme" / "index.html").read_text() == "its own"
    for asset in re.findall(r'<link rel="\w+" href="([^"]+)"', page):
        assert (tmp_path / asset).is_file()
    assert write_accounts(tmp_path, rows(), "Last 90 days").written == 0


def test_accounts_stand_by_their_worst_verdict_and_one_without_a_snapshot_is_said() -> None:
    table = accounts_table(rows())
    assert [getattr(row.cells[0], "text", "").split()[0] for row in table.rows] == [
        "globex", "acme", "Initech",
    ]  # fmt: skip
    assert table.rows[-1].gap
    assert (
        accounts_headline(rows())
        == "1 of 3 accounts with products to act on now. 1 account without a snapshot."
    )
    assert accounts_headline(rows()[:1]) == "None of 1 account with products to act on now."


@pytest.fixture
def accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "accounts").mkdir()
    for name in NAMES:
        (tmp_path / "accounts" / f"{name}.env").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str], **flags: str) -> str:
    fleet(Context(), url="s3://bucket/reports", **flags)
    return capsys.readouterr().out


@pytest.mark.usefixtures("accounts")
def test_the_job_of_kubernetes_has_an_index_for_each_account(capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = yaml.safe_load_all(printed(capsys, engine="kubernetes", image="x/y@sha256:0"))
    kubernetes_validate.validate(found, "1.31", strict=True)
    job = found["spec"]["jobTemplate"]["spec"]
    assert (job["completionMode"], job["completions"], job["maxFailedIndexes"]) == ("Indexed", 2, 2)
    (container,) = job["template"]["spec"]["containers"]
    assert container["image"] == "x/y@sha256:0"
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    (script,) = container["args"]
    chosen = script.partition("mkdir")[0] + 'echo "$TESTIO_ACCOUNT"'
    for index, name in enumerate(NAMES):
        done = subprocess.run(
            ["/bin/sh", "-c", chosen],
            env={"JOB_COMPLETION_INDEX": str(index)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == f"{name}\n"


def actions(text: str) -> set[str]:
    return set(re.findall(r"uses: (\S+ # \S+)", text))


@pytest.mark.usefixtures("accounts")
def test_the_workflow_has_a_job_for_each_account_and_passes_its_linter(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = printed(capsys, engine="github")
    found: dict[str, Any] = yaml.safe_load(text)
    job = found["jobs"]["account"]
    assert job["strategy"]["matrix"]["account"] == list(NAMES)
    seeing = [step["name"] for step in job["steps"] if "secrets.TESTIO" in json.dumps(step)]
    assert seeing == ["Refresh"]
    assert actions(text)
    assert actions(text) <= actions((ROOT / ".github" / "workflows" / "report.yml").read_text())
    path = tmp_path / ".github" / "workflows" / "fleet.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    linter = Path(sys.executable).with_name("zizmor")
    done = subprocess.run([linter, "--offline", "--quiet", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"engine": "jenkins"}, "--engine 'jenkins' is not known"),
        ({"engine": "github", "url": "ftp://x"}, "--url"),
        ({"engine": "github", "url": 's3://x"\n'}, "--url"),
        ({"engine": "kubernetes", "image": "a b"}, "--image"),
    ],
)
@pytest.mark.usefixtures("accounts")
def test_what_cannot_stand_in_the_file_is_refused(flags: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        fleet(Context(), **{"url": "s3://bucket/reports", **flags})


def test_without_accounts_there_is_nothing_over_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput, match="no accounts"):
        fleet(Context(), engine="github", url="s3://b/x")
    with pytest.raises(InvalidInput, match="no accounts"):
        portfolio(Context())


def test_the_task_writes_the_page_over_the_accounts_that_are_named(
    accounts: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], demo_snapshot: Path
) -> None:
    (accounts / "snapshots").mkdir()
    (accounts / "snapshots" / "acme").symlink_to(demo_snapshot)
    monkeypatch.setenv("TESTIO_ACCOUNT", "all")
    assert portfolio(Context()) == 0
    page = (accounts / "site" / "index.html").read_text()
    assert "acme" in page
    assert "globex" in page
    assert "no snapshot can be read" in page
    assert "There is no snapshot" in capsys.readouterr().err
