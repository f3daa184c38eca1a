"""`accredit-operator`: see `--help`."""

import os
import sys

from accredit_operator import app


def main() -> int:
    """Run the operator with this process's arguments and environment."""
    return app.main(sys.argv[1:], os.environ)


if __name__ == "__main__":
    sys.exit(main())
