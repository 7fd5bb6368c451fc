"""`manage.py check --deploy` with the settings of a production: every warning is an error."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

MANAGE = Path(__file__).resolve().parent.parent / "manage.py"
PRODUCTION = {
    "SECRET_KEY": "a-key-for-this-check-only-0123456789-abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "portal.example.edu",
    "ALMAPORTAL_ENV_FILE": os.devnull,
}


def main() -> int:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    with tempfile.TemporaryDirectory() as folder:
        environment = kept | PRODUCTION | {"ALMAPORTAL_DATA": folder}
        command = [sys.executable, str(MANAGE), "check", "--deploy", "--fail-level", "WARNING"]
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
