"""The operator's settings, from flags and the environment. A wrong one is refused with a sentence."""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from accredit_operator.compile.premises import HostClaims, Premises

_DOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_PORT = re.compile(r"[0-9]{1,5}")
_MAX_PORT = 65535


class SettingRefused(ValueError):
    """A setting is missing or wrong; the message names it and says what to write."""


@dataclass(frozen=True, slots=True)
class HttpAddress:
    """Where /metrics, /healthz and /readyz listen. Port 0 takes a free one."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Settings:
    """All that one operator process is told."""

    manifests: tuple[Path, ...]
    publish: Path
    http: HttpAddress | None
    premises: Premises


def read_settings(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Return the settings; a flag wins over its variable. Raises SettingRefused, and SystemExit for --help."""
    given = vars(_parser().parse_args(arguments))

    def value(name: str, default: str) -> str:
        flag: str | None = given[name]
        return flag if flag is not None else environment.get(f"ACCREDIT_{name.upper()}", default)

    manifests: Sequence[str] = given["manifests"] or ()
    publish: str | None = given["publish"]
    if not manifests or not publish:
        raise SettingRefused("say which files to compile and where to: --manifests DIR --publish FILE")
    return Settings(
        manifests=tuple(Path(path) for path in manifests),
        publish=Path(publish),
        http=_http(value("http", "0.0.0.0:8081")),
        premises=Premises(
            trust_domain=_domain("ACCREDIT_TRUST_DOMAIN", value("trust_domain", "cluster.local")),
            cluster_domain=_domain("ACCREDIT_CLUSTER_DOMAIN", value("cluster_domain", "cluster.local")),
            operator_namespace=_namespace(value("namespace", "accredit-system")),
            host_claims=_host_claims(value("host_claims", HostClaims.ANY)),
        ),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="accredit-operator",
        description="Compiles Accredit's objects into the snapshot that accredit-extauthz serves, and keeps doing so.",
        epilog="Every flag but --manifests and --publish is also a variable: --host-claims is ACCREDIT_HOST_CLAIMS.",
        allow_abbrev=False,
    )
    parser.add_argument("--manifests", metavar="DIR", action="append", help="folder or file of YAML; may be repeated")
    parser.add_argument("--publish", metavar="FILE", help="the snapshot to write; conditions go to FILE.status.json")
    parser.add_argument("--namespace", help="whose Revocations reach everything (accredit-system)")
    parser.add_argument("--http", metavar="HOST:PORT", help="/metrics, /healthz, /readyz, or off (0.0.0.0:8081)")
    parser.add_argument("--trust-domain", help="of SPIFFE IDs (cluster.local)")
    parser.add_argument("--cluster-domain", help="of service names (cluster.local)")
    parser.add_argument("--host-claims", help="Granted: by Namespace annotation; Any: the oldest policy (Any)")
    return parser


def _http(text: str) -> HttpAddress | None:
    if text == "off":
        return None
    host, _, port = text.rpartition(":")
    if not host or _PORT.fullmatch(port) is None or int(port) > _MAX_PORT:
        raise SettingRefused(f"ACCREDIT_HTTP is {text!r}; write HOST:PORT, as 127.0.0.1:8081, or off")
    return HttpAddress(host.removeprefix("[").removesuffix("]"), int(port))


def _domain(name: str, text: str) -> str:
    if _DOMAIN.fullmatch(text) is None:
        raise SettingRefused(f"{name} is {text!r}; write a domain in lower case, as cluster.local")
    return text


def _namespace(text: str) -> str:
    if _LABEL.fullmatch(text) is None:
        raise SettingRefused(f"ACCREDIT_NAMESPACE is {text!r}; write the name of a namespace")
    return text


def _host_claims(text: str) -> HostClaims:
    if text not in set(HostClaims):
        raise SettingRefused(f"ACCREDIT_HOST_CLAIMS is {text!r}; write {' or '.join(HostClaims)}")
    return HostClaims(text)
