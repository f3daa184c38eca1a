"""Generate the Python of every .proto beside it, or with --check say which are out of date (exit 1)."""
# ruff: noqa: INP001 (a script, no package)

import argparse
import sys
import tempfile
from importlib import resources
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).parent.parent / "extauthz"
SOURCES = (
    "accredit_extauthz/codec/envoy_subset.proto",
    "accredit_extauthz/transport/health.proto",
)
BARE_MAPPINGS = "# mypy: disable-error-code=type-arg\n"  # protoc writes Mapping without its parameters


def generate(target: Path) -> list[Path]:
    """Write module and stub of every source under `target`, and return their paths relative to it."""
    well_known = resources.files("grpc_tools") / "_proto"
    arguments = ["protoc", f"-I{ROOT}", f"-I{well_known}", f"--python_out={target}", f"--pyi_out={target}", *SOURCES]
    if protoc.main(arguments) != 0:
        sys.exit("protoc refused a .proto file; its message stands above")
    written = [Path(source.removesuffix(".proto") + ending) for source in SOURCES for ending in ("_pb2.py", "_pb2.pyi")]
    for stub in (target / path for path in written if path.suffix == ".pyi"):
        stub.write_text(BARE_MAPPINGS + stub.read_text(encoding="utf-8"), encoding="utf-8")
    return written


def outdated() -> list[Path]:
    """Return the generated files that differ from their source, or are missing."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        return [path for path in generate(fresh) if _text(ROOT / path) != _text(fresh / path)]


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def main() -> None:
    """Generate or check, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a generated file differs")
    if not parser.parse_args().check:
        generate(ROOT)
        return
    stale = outdated()
    if stale:
        sys.exit(f"out of date: {', '.join(map(str, stale))}; run `make gen`")


if __name__ == "__main__":
    main()
