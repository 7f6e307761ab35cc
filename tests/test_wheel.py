"""The wheel installs away from the checkout, and its console script does the main job."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(["uv", "build", "--quiet", "--wheel", "--out-dir", str(folder)], cwd=ROOT, check=True)  # noqa: S607
    return next(folder.glob("*.whl"))


def test_the_wheel_puts_nothing_but_its_own_package_into_site_packages(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"testio_reports"}


def test_the_installed_script_runs_the_demo_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    away = tmp_path / "away"
    away.mkdir()
    run = {"check": True, "capture_output": True, "text": True, "cwd": away}
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, str(venv)], **run)  # type: ignore[call-overload]  # noqa: S607
    subprocess.run(["uv", "pip", "install", "--quiet", "--python", str(venv), str(wheel)], **run)  # type: ignore[call-overload]  # noqa: S607
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("TESTIO", "PYTHON"))
    }
    done = subprocess.run(
        [str(venv / "bin" / "testio-reports"), "demo"],
        cwd=away, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (away / "site" / "index.html").is_file()
    assert str(away / "site" / "index.html") in done.stdout
