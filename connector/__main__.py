"""Starts the connector when it is called as a program."""

import sys


def main() -> None:
    """Run the command line and end with its exit code; 130 also when interrupted while it still loads."""
    try:
        from connector.cli.main import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
