"""Take out of an image what it does not run: used by the Dockerfile, and by nothing else.

--system strips the filesystem it runs in: package managers, compilers, pip, shells, setuid bits, and itself.
--packages FOLDER strips a virtual environment: tests and type stubs of others, and the packages after --without.
"""
# ruff: noqa: INP001 (a script, no package)

import argparse
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

# Names of programs, wherever PATH's usual folders have them; a trailing * is any ending.
PROGRAMS = (
    *("apt*", "dpkg*", "deb-*", "debconf*", "update-alternatives", "pip*", "idle*", "pydoc*", "2to3*"),
    *("gcc*", "cc", "c++*", "g++*", "ld", "as", "make", "perl*", "corelist", "cpan*"),
    *("sh", "bash", "rbash", "dash", "su", "mount", "umount", "chsh", "chfn", "passwd", "newgrp", "gpasswd"),
)
FOLDERS = ("/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin", "/bin", "/sbin")
# What they leave behind. /var/lib/dpkg/status stays: scanners read it.
TREES = (
    *("/etc/apt", "/var/cache", "/var/lib/apt", "/var/lib/dpkg/info", "/var/log", "/usr/lib/apt", "/usr/lib/dpkg"),
    *("/usr/share/perl", "/usr/share/perl5", "/usr/share/doc", "/usr/share/man", "/usr/share/locale"),
    *("/usr/share/info", "/usr/share/python-wheels", "/root/.cache"),
)
LIBRARIES = (
    *("ensurepip", "pip", "pip-*.dist-info", "setuptools", "setuptools-*.dist-info", "wheel", "wheel-*.dist-info"),
    *("idlelib", "lib2to3", "test", "tkinter", "turtledemo", "pydoc_data"),
)


def strip_system() -> None:
    """Remove everything that could install, build or open a door; no process can be started by a shell afterwards."""
    for path in [*_programs(), *map(Path, TREES), *_libraries()]:
        _remove(path)
    for folder, _, names in os.walk("/", followlinks=False):
        if folder.startswith(("/proc", "/sys", "/dev")):
            continue
        for name in names:
            _drop_setuid(Path(folder, name))
    Path("/var/log").mkdir(exist_ok=True)
    Path(__file__).unlink()


def _programs() -> Iterator[Path]:
    for folder in map(Path, FOLDERS):
        for pattern in PROGRAMS:
            yield from folder.glob(pattern)


def _libraries() -> Iterator[Path]:
    for root in (Path("/usr/lib"), Path("/usr/local/lib")):
        for python in root.glob("python3*"):
            for pattern in LIBRARIES:
                yield from python.glob(pattern)
                yield from (python / "site-packages").glob(pattern)


def _drop_setuid(path: Path) -> None:
    mode = path.lstat().st_mode
    if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
        path.chmod(stat.S_IMODE(mode) & ~(stat.S_ISUID | stat.S_ISGID))


def strip_packages(environment: Path, without: list[str]) -> None:
    """Remove from a virtual environment what no program imports."""
    (site,) = environment.glob("lib/python3*/site-packages")
    for name in without:
        _remove(site / name)
    scripts = {"accredit_operator": ("accredit-operator",), "accredit_cli": ("accredit", "kubectl-accredit")}
    for name in without:
        for script in scripts.get(name, ()):
            _remove(environment / "bin" / script)
    _remove(site / "kubernetes" / "aio")  # a second whole client, for asyncio; nothing here imports it
    for pattern in ("**/tests", "**/test", "**/*.pyi", "**/*.pxd", "**/*.pyx", "**/*.c", "**/*.h"):
        for path in [*site.glob(pattern)]:
            _remove(path)
    for path in (environment / "bin").glob("[Aa]ctivate*"):
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.exists() or path.is_symlink():
        path.unlink()


def main() -> None:
    """Strip what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--system", action="store_true")
    parser.add_argument("--packages", type=Path)
    parser.add_argument("--without", nargs="*", default=[])
    given = parser.parse_args()
    if given.packages:
        strip_packages(given.packages, given.without)
    if given.system:
        strip_system()


if __name__ == "__main__":
    main()
