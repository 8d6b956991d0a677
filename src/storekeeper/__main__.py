"""`python -m storekeeper` and the command `storekeeper`."""

from storekeeper.cli import app


def main() -> None:
    """Run the command that the arguments name; exits with the statuses of `storekeeper.cli.failing`."""
    app(prog_name="storekeeper")


if __name__ == "__main__":
    main()
