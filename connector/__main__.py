"""Starts the connector when it is called as a program."""

import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    from connector.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
