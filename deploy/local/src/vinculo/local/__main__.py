"""Entry point of the command `vinculo`."""

import sys

from vinculo.local.process_spec import StartFailedError

INTERRUPTED = 130


def main() -> None:
    try:
        # Imported here so that Ctrl-C during the slow imports exits with the same code.
        from vinculo.local.cli import make_app  # noqa: PLC0415

        make_app()()
    except StartFailedError as failure:
        sys.stderr.write(f"{failure}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
