#!/usr/bin/env python
"""Django's command line for Xinheng."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config.commands import Commands
    from config.environment import BadSetting
    from config.postgres.faults import EmbeddedPostgresError

    try:
        Commands(sys.argv).execute()
    except (BadSetting, EmbeddedPostgresError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
