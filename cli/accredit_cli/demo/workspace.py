"""The folder the demo works in: its own copy of the manifests, with a fresh key, that the story edits."""

import importlib.resources
import os
import pathlib
import shutil
from dataclasses import dataclass

import yaml

from accredit_cli.minting import SigningKey, new_key


@dataclass(frozen=True, slots=True)
class Workspace:
    """Paths inside one folder, and the key that signs this demo's tokens."""

    root: pathlib.Path
    key: SigningKey

    @property
    def manifests(self) -> pathlib.Path:
        """The folder that the operator watches."""
        return self.root / "manifests"

    @property
    def snapshot(self) -> pathlib.Path:
        """The file that the operator publishes and extauthz follows."""
        return self.root / "snapshot.json"

    @property
    def audit(self) -> pathlib.Path:
        """The audit records, one a line."""
        return self.root / "audit.jsonl"

    @property
    def access_log(self) -> pathlib.Path:
        """Envoy's own record of every request."""
        return self.root / "access.jsonl"


def prepare(root: pathlib.Path) -> Workspace:
    """Fill `root` with the manifests and a new key's public half."""
    workspace = Workspace(root, new_key("ES256"))
    with importlib.resources.as_file(importlib.resources.files(__package__) / "manifests") as packaged:
        shutil.copytree(packaged, workspace.manifests)
    write_field(workspace.manifests / "issuer.yaml", ("spec", "jwks", "inline", "keys"), [workspace.key.jwk()])
    return workspace


def write_field(path: pathlib.Path, field: tuple[str, ...], value: object) -> None:
    """Set one field of the object in a YAML file."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    parent = document
    for name in field[:-1]:
        parent = parent[name]
    parent[field[-1]] = value
    replace(path, yaml.safe_dump(document, sort_keys=False))


def replace(path: pathlib.Path, text: str) -> None:
    """Put `text` in place of the file, in one step: no reader sees half of it."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)  # noqa: PTH105 -- Path.replace says the same less plainly
