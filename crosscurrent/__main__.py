"""The command line, as ``python -m crosscurrent``."""

from crosscurrent.api.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
