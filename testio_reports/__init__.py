"""The installed console script: the same Invoke program as `invoke` in a checkout."""

import sys


def main() -> None:
    """Run the Invoke program over the tasks of this installation."""
    try:
        from pathlib import Path  # noqa: PLC0415 - the first of what takes time, in which ^C is quiet

        app = Path(__file__).parent / "app"
        sys.path.insert(0, str(app if app.is_dir() else Path(__file__).parent.parent))
        from base.terminal import output_fails  # noqa: PLC0415 - importable only once the folder is on sys.path
        from tasks import program  # noqa: PLC0415 - likewise
    except KeyboardInterrupt:
        sys.exit(130)
    try:
        program.run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:  # such as `--list | head -1`
        sys.exit(output_fails(error))
