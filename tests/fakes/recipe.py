"""Recipes as their folders tell them: scenarios, commands of the page, and each case as an HTTP request."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import yaml

from accredit_cli.scenarios.asking import check_request
from accredit_cli.scenarios.objects import stage
from accredit_cli.scenarios.suite import read_scenarios
from accredit_cli.scenarios.tokens import token_text
from accredit_extauthz.codec.envoy_subset_pb2 import CheckRequest

EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True)
class Sent:
    method: str
    host: str
    path: str
    headers: dict
    body: bytes | None


@dataclass(frozen=True)
class Recipe:
    name: str

    @property
    def folder(self):
        return EXAMPLES / self.name

    @property
    def scenarios(self):
        return read_scenarios([self.folder / "expect.yaml"])

    def commands(self, program="accredit envoy-config"):
        """The commands of the page that call a program: their words, without the file that they write to."""
        text = (self.folder / "README.md").read_text().replace("\\\n", " ")
        found = re.findall(rf"^{program} .*$", text, re.MULTILINE)
        return [shlex.split(command.partition(" > ")[0])[1:] for command in found]

    def write_manifests(self, folder):
        """Write the manifests with test keys in the place of the issuer's."""
        folder.mkdir()
        for number, manifest in enumerate(staged(self.scenarios[0]).manifests.values()):
            (folder / f"{number}.yaml").write_text(yaml.safe_dump(manifest))


def staged(scenario):
    return stage(scenario.base, scenario.case, scenario.situation.keys)


def sent(scenario, now):
    """The request of a case, with its token as if it were issued just before `now`."""
    token, objects = scenario.situation.token, staged(scenario)
    text = token and token_text(token, objects.issuer_spec(token.issuer), objects.keys[token.issuer], now)
    http = CheckRequest.FromString(check_request(scenario.situation, text)).attributes.request.http
    return Sent(http.method, http.host, http.path, dict(http.headers), http.raw_body or None)
