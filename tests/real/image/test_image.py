"""The two images: what is in them, what is not, how large they are, and that they run."""

import json
import os
import re
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from accredit_cli.demo.processes import Process
from real.image.buildah import ROOT
from real.image.conftest import TARGETS

pytestmark = pytest.mark.timeout(900)  # the first test builds

ADDED_MB = {"extauthz": 120, "operator": 300}
AT_REST_MIB = {"extauthz": 90, "operator": 120}
ABSENT = ("sh", "bash", "dash", "apt", "apt-get", "dpkg", "pip", "pip3", "gcc", "cc", "make", "perl", "su", "mount")
FOLDERS = ("bin", "sbin", "usr/bin", "usr/sbin", "usr/local/bin", "opt/accredit/bin")
MANIFESTS = ROOT / "tests" / "real" / "envoy" / "manifests"


@pytest.fixture(params=TARGETS)
def target(request):
    return request.param


def size_mb(folder):
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()) / 1e6


def inside(images, target, *words):
    done = subprocess.run(images.command(target, *words), capture_output=True, text=True, check=False, env=chrooted())
    assert done.returncode == 0, done.stderr
    return done.stdout


def chrooted():
    return {**os.environ, "BUILDAH_ISOLATION": "chroot"}


def configuration(images, target):
    return json.loads(images.run("inspect", "--type", "image", f"localhost/accredit-{target}"))["OCIv1"]["config"]


def test_it_runs_as_nobody_in_particular(images, target):
    assert configuration(images, target)["User"] == "65532:65532"
    assert inside(images, target, "python", "-c", "import os; print(os.getuid(), os.getgid())") == "65532 65532\n"


def test_it_starts_its_program(images, target):
    assert configuration(images, target)["Entrypoint"] == [f"/opt/accredit/bin/accredit-{target}"]
    assert f"usage: accredit-{target}" in inside(images, target, f"accredit-{target}", "--help")


@pytest.mark.parametrize("verb", ["validate", "compile", "explain", "test", "audit", "resume", "token", "envoy-config"])
def test_the_command_line_is_beside_the_operator(images, verb):
    assert f"accredit {verb}" in inside(images, "operator", "accredit", verb, "--help")


def test_the_data_plane_holds_nothing_of_the_operator(images):
    (site,) = images.filesystem("extauthz").glob("opt/accredit/lib/python3*/site-packages")
    names = {path.name for path in site.iterdir()}
    assert "accredit_extauthz" in names
    assert not {"accredit_operator", "accredit_cli", "kubernetes", "kopf", "pydantic", "yaml", "aiohttp"} & names


def test_nothing_in_it_installs_builds_or_opens_a_shell(images, target):
    root = images.filesystem(target)
    assert [f"{folder}/{name}" for folder in FOLDERS for name in ABSENT if os.path.lexists(root / folder / name)] == []
    assert [path for path in root.glob("usr/**/pip") if path.is_dir()] == []
    assert list(root.glob("opt/accredit/lib/python3*/site-packages/pip")) == []


def test_no_file_lends_another_users_rights(images, target):
    root = images.filesystem(target)
    lent = [
        path for path in root.rglob("*") if path.is_file() and not path.is_symlink() and path.stat().st_mode & 0o6000
    ]
    assert lent == []


def test_nothing_of_ours_can_be_changed_by_the_program(images, target):
    ours = images.filesystem(target) / "opt" / "accredit"
    assert [path for path in ours.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o002] == []
    assert {path.lstat().st_uid for path in ours.rglob("*")} == {0}


def test_what_is_installed_is_what_is_locked(images, target):
    listed = inside(
        images,
        target,
        "python",
        "-c",
        "from importlib.metadata import distributions as d; print(*(f'{x.name}=={x.version}' for x in d()))",
    )
    locked = re.findall(r"^([^ =]+==[^ ]+)", (ROOT / "requirements" / f"{target}.txt").read_text(), re.MULTILINE)

    def plain(pins):
        return {pin.lower().replace("_", "-") for pin in pins}

    assert {pin for pin in plain(listed.split()) if not pin.startswith("accredit==")} == plain(locked)


def test_what_we_add_to_the_base_is_small(images, target, capsys):
    root = images.filesystem(target)
    added, whole = size_mb(root / "opt" / "accredit"), size_mb(root)
    with capsys.disabled():
        print(f"\nimage {target}: {added:.0f} MB added to a base of {whole - added:.0f} MB")  # noqa: T201 -- a figure
    assert added <= ADDED_MB[target]


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def resident_mib(name):
    """Return the memory of the process whose command line has this in it, in MiB."""
    for process in Path("/proc").iterdir():
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            status = (process / "status").read_text()
        except (OSError, ValueError):
            continue
        if len(words) > 1 and words[0].endswith(b"python") and words[1].decode().endswith(name):
            return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024
    raise AssertionError(f"{name} does not run")


def answers(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


def test_both_run_and_the_probe_of_the_chart_finds_the_data_plane_serving(images, tmp_path, capsys):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    ports = {name: free_port() for name in ("grpc", "extauthz", "operator")}
    started = {
        "operator": ("--manifests", "/manifests", "--publish", "/shared/snapshot.json"),
        "extauthz": ("--snapshot", "/shared/snapshot.json", "--listen", f"127.0.0.1:{ports['grpc']}"),
    }
    mounts = ((MANIFESTS, "/manifests"), (shared, "/shared"))
    running = []
    try:
        for name, words in started.items():
            http = ("--http", f"127.0.0.1:{ports[name]}")
            command = images.command(name, f"/opt/accredit/bin/accredit-{name}", *words, *http, mounts=mounts)
            process = Process(name, command, tmp_path / f"{name}.log", {"BUILDAH_ISOLATION": "chroot"})
            running.append(process)
            process.wait_until(lambda name=name: answers(ports[name], "/readyz"), "/readyz", 60)
        probe = ("python", "-m", "accredit_extauthz.transport.health_probe", f"127.0.0.1:{ports['grpc']}")
        assert inside(images, "extauthz", *probe) == "SERVING\n"
        time.sleep(2)  # at rest: what start-up needed has been given back
        resident = {name: resident_mib(f"accredit-{name}") for name in started}
        with capsys.disabled():
            print("\nat rest:", ", ".join(f"{name} {mib:.0f} MiB" for name, mib in resident.items()))  # noqa: T201 -- a figure
        assert all(mib <= AT_REST_MIB[name] for name, mib in resident.items())
    finally:
        for process in running:
            process.kill()
