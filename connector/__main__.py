"""Starts the connector when it is called as a program."""

import sys


def main() -> None:
    """Run the command line and end the process with its exit code, also when it is interrupted while it loads."""
    try:
        from connector.cli.main import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
