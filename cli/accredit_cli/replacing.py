"""Files are replaced in one step: whoever follows one sees the old text or the new, whole."""

import os
import stat
import tempfile
from pathlib import Path

_NEW_FILE = 0o644


def replace(file: Path, data: bytes) -> None:
    """Write `data` in place of a file, behind any link to it, with the permissions it had. Raises OSError."""
    real = file.resolve()
    mode = stat.S_IMODE(real.stat().st_mode) if real.exists() else _NEW_FILE
    descriptor, beside = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
    try:
        with os.fdopen(descriptor, "wb") as written:
            written.write(data)
        Path(beside).chmod(mode)
        Path(beside).replace(real)
    except OSError:
        Path(beside).unlink(missing_ok=True)
        raise
