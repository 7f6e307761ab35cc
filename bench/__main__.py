"""`python -m bench 120 700`: print the figures for demo accounts of these numbers of tests."""

import logging
import sys
import tempfile
from pathlib import Path

from bench import days, index, network, pipeline, reader
from bench.measure import show


def main(sizes: list[str]) -> None:
    """Measure each size in a folder of its own."""
    logging.disable(logging.WARNING)
    for tests in map(int, sizes):
        with tempfile.TemporaryDirectory() as folder:
            show(f"Pipeline, {tests} tests", pipeline.rows(tests, Path(folder)))
            show(f"A day, {tests} tests", days.rows(tests, Path(folder)))
            show(f"Search index, {tests} tests", index.rows(Path(folder) / "snapshots"))
            show(f"MCP reader, {tests} tests", reader.rows(Path(folder) / "snapshots"))
            title = f"Over HTTP, {network.CLIENTS} clients with {network.CALLS} calls each, {tests} tests"
            show(title, network.rows(Path(folder) / "snapshots"))


if __name__ == "__main__":
    main(sys.argv[1:] or ["120", "700"])
