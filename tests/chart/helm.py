"""Helm, as the tests call it: renders the chart, or says why it will not."""

import functools
import os
import shutil
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "accredit"
CI_VALUES = sorted((CHART / "ci").glob("*-values.yaml"))
NAMESPACE = "accredit-system"
MISSING = "Helm is missing: run `make chart`, or set ACCREDIT_HELM"


class HelmRefused(Exception):
    """Helm ended with an error; the message is what it wrote."""


def find():
    """Return Helm's path, or None: ACCREDIT_HELM, what `make chart` fetched, or the one on PATH."""
    chosen = os.environ.get("ACCREDIT_HELM")
    fetched = sorted((ROOT / ".tools").glob("helm-*/helm"))
    return chosen or (str(fetched[-1]) if fetched else shutil.which("helm"))


def run(*arguments, **environment):
    """Return what Helm writes. Raises HelmRefused."""
    done = subprocess.run(
        [find(), *arguments], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    if done.returncode != 0:
        raise HelmRefused(done.stderr + done.stdout)
    return done.stdout


@functools.cache
def _rendered(*arguments, release, namespace):
    text = run("template", release, str(CHART), "--namespace", namespace, *arguments)
    return tuple(document for document in yaml.load_all(text, yaml.CSafeLoader) if document)


def render(*arguments, release="accredit", namespace=NAMESPACE):
    """Return every object that the chart makes with these arguments."""
    return list(_rendered(*map(str, arguments), release=release, namespace=namespace))


def one(objects, kind, name):
    """Return the object of a kind and name."""
    found = [each for each in objects if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    assert len(found) == 1, (kind, name, [each["metadata"]["name"] for each in objects if each["kind"] == kind])
    return found[0]
