"""Build etcd, kube-apiserver and kube-controller-manager from their Go modules, once, and say where they are.

The modules are pinned in tests/real/kube/build; a binary is kept in a cache folder that is named for its version
(ACCREDIT_CACHE, else ~/.cache/accredit), so a new version builds beside the old one. Prints {name: path} as JSON.
"""
# ruff: noqa: INP001 (a script, no package)

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

MODULES = Path(__file__).parent.parent / "tests" / "real" / "kube" / "build"
REPORT_EVERY_S = 30


@dataclass(frozen=True)
class Program:
    """One binary: the pinned module that it is built in, the module that is pinned, and its main package."""

    name: str
    pin: str
    module: str
    package: str
    expectation: str  # how long a first build takes, for whoever waits

    @property
    def version(self) -> str:
        """The version that go.mod requires."""
        text = (MODULES / self.pin / "go.mod").read_text()
        found = re.search(rf"^\s*(?:require )?{re.escape(self.module)} (v\S+)", text, re.MULTILINE)
        if found is None:
            raise SystemExit(f"{MODULES / self.pin / 'go.mod'} does not require {self.module}")
        return found[1]

    @property
    def path(self) -> Path:
        """Where the binary is kept."""
        return cache() / f"{self.pin}-{self.version}" / self.name


PROGRAMS = (
    Program("etcd", "etcd", "go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3", "about a minute"),
    Program(
        "kube-apiserver", "kubernetes", "k8s.io/kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver", "5 to 11 minutes"
    ),
    Program(
        "kube-controller-manager",
        "kubernetes",
        "k8s.io/kubernetes",
        "k8s.io/kubernetes/cmd/kube-controller-manager",
        "about 2 minutes more",
    ),
)


def cache() -> Path:
    """Return the folder that outlives this checkout."""
    chosen = os.environ.get("ACCREDIT_CACHE")
    return Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "accredit"


def flags(program: Program) -> str:
    """Return linker flags: no symbols, and the version, without which Kubernetes calls itself v0.0.0."""
    if program.pin != "kubernetes":
        return "-s -w"
    major, minor, _ = program.version.removeprefix("v").split(".", 2)
    said = {"gitVersion": program.version, "gitMajor": major, "gitMinor": minor}
    return " ".join(["-s -w", *(f"-X k8s.io/component-base/version.{name}={value}" for name, value in said.items())])


def build(program: Program, go: str) -> None:
    """Build one binary and put it in its place, whole or not at all."""
    began = time.monotonic()
    say(f"building {program.name} {program.version}: once, {program.expectation} on 2 cores")
    program.path.parent.mkdir(parents=True, exist_ok=True)
    partial = program.path.with_name(f".{program.name}.{os.getpid()}")
    command = [go, "build", "-C", str(MODULES / program.pin), "-mod=readonly", "-trimpath"]
    command += ["-ldflags", flags(program), "-o", str(partial), program.package]
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off"}
    try:
        wait_for(subprocess.Popen(command, env=environment), program, began)  # noqa: S603 -- go, and words of our own
        partial.replace(program.path)
    finally:
        partial.unlink(missing_ok=True)
    say(f"built {program.path} in {time.monotonic() - began:.0f} s")


def wait_for(process: subprocess.Popen[bytes], program: Program, began: float) -> None:
    """Wait for the compiler, with a sign of life now and then."""
    try:
        while True:
            try:
                status = process.wait(REPORT_EVERY_S)
                break
            except subprocess.TimeoutExpired:
                say(f"  {program.name}: {time.monotonic() - began:.0f} s")
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if status != 0:
        raise SystemExit(f"{program.name} {program.version} cannot be built: go build ended with status {status}")


def say(line: str) -> None:
    """Write one line for whoever waits."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main() -> None:
    """Build what is missing, or with --no-build only look."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--no-build", action="store_true", help="fail when a binary is missing")
    may_build = not parser.parse_args().no_build
    missing = [program for program in PROGRAMS if not os.access(program.path, os.X_OK)]
    go = shutil.which("go")
    if missing and (go is None or not may_build):
        names = ", ".join(f"{program.name} {program.version}" for program in missing)
        raise SystemExit(f"{names}: not in {cache()}" + ("" if go else ", and Go is not installed to build them"))
    for program in missing:
        build(program, str(go))
    print(json.dumps({program.name: str(program.path) for program in PROGRAMS}))  # noqa: T201 -- the result


if __name__ == "__main__":
    main()
