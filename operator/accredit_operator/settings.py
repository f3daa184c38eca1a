"""The operator's settings, from flags and the environment. A wrong one is refused with a sentence."""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from accredit_operator.compile.premises import HostClaims, Premises
from accredit_operator.kinds.times import duration_seconds

_DOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_DURATION = re.compile(r"([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?")
_PORT = re.compile(r"[0-9]{1,5}")
_MAX_PORT = 65535
_MIN_RESYNC_S, _MAX_RESYNC_S = 1, 3600


class SettingRefused(ValueError):
    """A setting is missing or wrong; the message names it and says what to write."""


@dataclass(frozen=True, slots=True)
class HttpAddress:
    """Where /metrics, /healthz and /readyz listen. Port 0 takes a free one."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class ManifestSettings:
    """All that one process is told that compiles files into a file."""

    manifests: tuple[Path, ...]
    publish: Path
    http: HttpAddress | None
    premises: Premises


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """All that one process is told that serves a Kubernetes cluster."""

    namespace: str  # where it publishes
    watched: tuple[str, ...]  # namespaces; empty: all
    resync_s: int
    http: HttpAddress | None
    premises: Premises


Settings = ManifestSettings | ClusterSettings


def read_settings(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Return the settings; a flag wins over its variable. Raises SettingRefused, and SystemExit for --help."""
    given = vars(_parser().parse_args(arguments))

    def value(name: str, default: str) -> str:
        flag: str | None = given[name]
        return flag if flag is not None else environment.get(f"ACCREDIT_{name.upper()}", default)

    manifests: Sequence[str] = given["manifests"] or ()
    publish: str | None = given["publish"]
    if bool(manifests) != bool(publish):
        raise SettingRefused("--manifests DIR and --publish FILE go together; without both, a cluster is served")
    is_cluster = not manifests
    namespace = _namespace("ACCREDIT_NAMESPACE", value("namespace", "accredit-system"))
    http = _http(value("http", "0.0.0.0:8081"))
    premises = Premises(
        trust_domain=_domain("ACCREDIT_TRUST_DOMAIN", value("trust_domain", "cluster.local")),
        cluster_domain=_domain("ACCREDIT_CLUSTER_DOMAIN", value("cluster_domain", "cluster.local")),
        operator_namespace=namespace,
        host_claims=_host_claims(value("host_claims", HostClaims.GRANTED if is_cluster else HostClaims.ANY)),
        staleness_known=is_cluster,
    )
    if publish:
        return ManifestSettings(tuple(Path(path) for path in manifests), Path(publish), http, premises)
    return ClusterSettings(
        namespace=namespace,
        watched=_watched(value("watch_namespaces", ""), namespace),
        resync_s=_resync_s(value("resync", "30s")),
        http=http,
        premises=premises,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="accredit-operator",
        description="Compiles Accredit's objects into the snapshot that accredit-extauthz serves, and keeps doing so:"
        " those of a Kubernetes cluster, or those in files.",
        epilog="Every flag but --manifests and --publish is also a variable: --host-claims is ACCREDIT_HOST_CLAIMS.",
        allow_abbrev=False,
    )
    parser.add_argument("--manifests", metavar="DIR", action="append", help="folder or file of YAML; may be repeated")
    parser.add_argument("--publish", metavar="FILE", help="the snapshot to write; conditions go to FILE.status.json")
    parser.add_argument("--namespace", help="to publish in; whose Revocations reach everything (accredit-system)")
    parser.add_argument("--http", metavar="HOST:PORT", help="/metrics, /healthz, /readyz, or off (0.0.0.0:8081)")
    parser.add_argument("--trust-domain", help="of SPIFFE IDs (cluster.local)")
    parser.add_argument("--cluster-domain", help="of service names (cluster.local)")
    parser.add_argument("--host-claims", help="Granted: by Namespace annotation; Any: the oldest policy")
    parser.add_argument("--watch-namespaces", metavar="NAMES", help="comma-separated; all when left out")
    parser.add_argument("--resync", metavar="DURATION", help="between complete lists of a cluster's objects (30s)")
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


def _namespace(name: str, text: str) -> str:
    if _LABEL.fullmatch(text) is None:
        raise SettingRefused(f"{name} is {text!r}; write the name of a namespace")
    return text


def _watched(text: str, own: str) -> tuple[str, ...]:
    """Return the namespaces to watch. The operator's own is among them: its Revocations reach everything."""
    names = [_namespace("ACCREDIT_WATCH_NAMESPACES", part.strip()) for part in text.split(",") if part.strip()]
    return tuple(dict.fromkeys([*names, own])) if names else ()


def _resync_s(text: str) -> int:
    seconds = duration_seconds(text) if _DURATION.fullmatch(text) else 0
    if not _MIN_RESYNC_S <= seconds <= _MAX_RESYNC_S:
        raise SettingRefused(f"ACCREDIT_RESYNC is {text!r}; write a time from 1s to 1h, as 30s")
    return seconds


def _host_claims(text: str) -> HostClaims:
    if text not in set(HostClaims):
        raise SettingRefused(f"ACCREDIT_HOST_CLAIMS is {text!r}; write {' or '.join(HostClaims)}")
    return HostClaims(text)
