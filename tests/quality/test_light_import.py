"""The pure core loads nothing heavy."""

import json
import pkgutil
import subprocess
import sys

import quality

HEAVY = {
    "httpx",
    "httpx2",
    "fastmcp",
    "jinja2",
    "whoosh",
    "pydantic",
    "pydantic_settings",
    "orjson",
    "rich",
    "asyncio",
}


def test_importing_all_of_quality_loads_only_the_standard_library_structs_and_dateutil() -> None:
    modules = [found.name for found in pkgutil.walk_packages(quality.__path__, "quality.")]
    assert "quality.metrics.tally" in modules
    script = (
        f"import json, sys\nfor name in {modules!r}: __import__(name)\nprint(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & HEAVY
    foreign = {name for name in loaded if name not in sys.stdlib_module_names and not name.startswith("_")}
    assert foreign <= {"base", "quality", "dateutil", "six", "msgspec", "typing_extensions", "sitecustomize"}
