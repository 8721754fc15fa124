"""The command `vinculo`."""

import sys

from vinculo.local.program import StartFailedError

INTERRUPTED = 130


def main() -> None:
    try:
        # Imported here, because an interrupt may come while all of it is still being read.
        from vinculo.local.commands import application  # noqa: PLC0415

        application()()
    except StartFailedError as failure:
        sys.stderr.write(f"{failure}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
