"""The installed console script: the same Invoke program as `invoke` in a checkout."""

import sys
from pathlib import Path


def main() -> None:
    """Run the Invoke program over the tasks of this installation."""
    app = Path(__file__).parent / "app"
    sys.path.insert(0, str(app if app.is_dir() else Path(__file__).parent.parent))
    try:
        from tasks import program  # noqa: PLC0415 - importable only once the folder is on sys.path

        program.run()
    except KeyboardInterrupt:
        sys.exit(130)
