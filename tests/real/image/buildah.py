"""Images without a daemon: buildah with chroot isolation, on a Debian base that debootstrap makes once."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
BASE = "localhost/accredit-test-base"
SUITE, PACKAGES = "bookworm", "python3-venv,ca-certificates"
# What pip needs to reach an index from inside, where this machine has its own authorities or settings.
_FROM_OUTSIDE = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf")


class CannotBuild(Exception):
    """Something that is needed is not installed; the message says what."""


def cache():
    chosen = os.environ.get("ACCREDIT_CACHE")
    return Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "accredit"


class Buildah:
    """A store of images and containers in a folder of its own."""

    def __init__(self, folder):
        if os.geteuid() != 0 or not all(map(shutil.which, ("buildah", "debootstrap"))):
            raise CannotBuild("images are built by root with buildah and debootstrap (Debian: apt-get install both)")
        self._folder = folder
        self._command = [str(shutil.which("buildah")), "--root", str(folder / "root"), "--runroot", str(folder / "run")]
        self._command += ["--storage-driver", "vfs" if os.environ.get("ACCREDIT_BUILDAH_VFS") else "overlay"]
        self._containers = {}

    def run(self, *arguments, check=True):
        """Return what buildah writes."""
        environment = {**os.environ, "BUILDAH_ISOLATION": "chroot"}
        done = subprocess.run(
            [*self._command, *map(str, arguments)], capture_output=True, text=True, env=environment, check=False
        )
        assert done.returncode == 0 or not check, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def make_base(self):
        """Import a Debian with Python; debootstrap runs once, its result is kept in the cache."""
        archive = cache() / f"base-{SUITE}.tar"
        if not archive.exists():
            _bootstrap(archive)
        context = self._folder / "base"
        context.mkdir()
        shutil.copy(archive, context / "base.tar")
        (context / "Dockerfile").write_text("FROM scratch\nADD base.tar /\n")
        self.run("bud", "-q", "-t", BASE, context)
        shutil.rmtree(context)

    def build(self, target):
        """Build one target of the Dockerfile."""
        mounts = [word for path in _FROM_OUTSIDE if Path(path).exists() for word in ("-v", f"{path}:{path}:ro")]
        arguments = ["--build-arg", f"BASE={BASE}", "--target", target, "-t", f"localhost/accredit-{target}"]
        self.run("bud", "-q", "--layers", "--pull-never", *mounts, *arguments, ROOT)

    def container(self, target):
        """Return the name of a container of an image."""
        if target not in self._containers:
            self._containers[target] = self.run("from", "--pull-never", f"localhost/accredit-{target}").strip()
        return self._containers[target]

    def filesystem(self, target):
        """Return where a container's files can be seen."""
        return Path(self.run("mount", self.container(target)).strip())

    def command(self, target, *words, mounts=()):
        """Return the command line that runs something in a container, as the image's own user."""
        options = [word for outside, inside in mounts for word in ("-v", f"{outside}:{inside}")]
        return [*self._command, "run", *options, self.container(target), "--", *words]

    def close(self):
        """Remove containers and images."""
        self.run("rm", "--all", check=False)
        self.run("rmi", "--all", "--force", check=False)


def _bootstrap(archive):
    sys.stderr.write("\nmaking a base of Debian, once, about a minute\n")
    tree = archive.with_name(f".base.{os.getpid()}")
    archive.parent.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(tree)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        partial = archive.with_suffix(".partial")
        subprocess.run(["tar", "-C", str(tree), "--exclude=./var/cache/apt/*", "-cf", str(partial), "."], check=True)
        partial.replace(archive)
    finally:
        shutil.rmtree(tree, ignore_errors=True)
