#!/usr/bin/env python3
"""Django's command line for almaportal."""

import os
import sys


def main() -> None:
    stands_alone = sys.argv[1:2] in (["emulator"], ["demo"])
    settings = "almaportal.emulator.settings" if stands_alone else "almaportal.settings"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"almaportal cannot start: {error}")


if __name__ == "__main__":
    main()
