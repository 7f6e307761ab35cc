"""The wheel installs away from the checkout, and its console script does the main job."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run("uv", "build", "--quiet", "--wheel", "--out-dir", folder, cwd=ROOT)
    return next(folder.glob("*.whl"))


def test_the_wheel_puts_nothing_but_its_own_package_into_site_packages(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"testio_reports"}


def test_the_installed_script_runs_the_demo_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    away = tmp_path / "away"
    away.mkdir()
    run("uv", "venv", "--quiet", "--python", sys.executable, venv, cwd=away)
    run("uv", "pip", "install", "--quiet", "--python", venv, wheel, cwd=away)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TESTIO", "PYTHON"))}
    said = run(venv / "bin" / "testio-reports", "demo", cwd=away, env=clean)
    assert (away / "site" / "index.html").is_file()
    assert str(away / "site" / "index.html") in said
    offered = run(venv / "bin" / "testio-reports", "--list", cwd=away, env=clean)
    assert {"refresh", "status"} <= set(offered.split())
    assert not {"bench", "check", "gold", "schemas", "test"} & set(
        re.findall(r"^  (\S+)", offered, re.MULTILINE)
    )


def test_the_source_distribution_has_what_invoke_reads_beside_the_tasks(tmp_path: Path) -> None:
    run("uv", "build", "--quiet", "--sdist", "--out-dir", tmp_path, cwd=ROOT)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        held = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {"tasks.py", "invoke.yaml"} <= held
