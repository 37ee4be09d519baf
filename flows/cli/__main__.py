"""`python -m flows.cli` is `copydesk`."""

from flows.cli.main import run

if __name__ == "__main__":
    run()
