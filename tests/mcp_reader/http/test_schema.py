"""The REST routes do what their own OpenAPI document says, whatever is sent to them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mcp_reader.http.openapi import PREFIX
from tests.mcp_reader.http.conftest import Served

CONFIGURED = """
[checks]
# what fits the description may still name what is not there (404) or cannot be used (422)
positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "422", "503"]
"""


@pytest.mark.slow
def test_every_check_of_schemathesis_passes(served: Served, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(CONFIGURED)
    url = f"http://127.0.0.1:{served.port}{PREFIX}/openapi.json"
    program = Path(sys.executable).with_name("schemathesis")
    done = subprocess.run(
        [program, "run", url, "--checks", "all", "--max-examples", "3", "--seed", "1", "--no-color"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    found = re.search(r"([\d,]+) generated, ([\d,]+) passed", done.stdout)
    assert found is not None
    assert found[1] == found[2]
