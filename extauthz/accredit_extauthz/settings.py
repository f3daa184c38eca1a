"""What an operator sets, from the environment and from flags of the same name; flags win.

Every wrong value is told at once, each in a sentence that names the setting, what was found and what to write. An empty
value is an absent one.
"""

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar

_PREFIX = "ACCREDIT_"
_MAX_BODY = 16 * 1024 * 1024
_MAX_PORT = 65535
_HOST = re.compile(r"\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_NAMESPACE = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")  # RFC 1123 label
_TRUST_DOMAIN = re.compile(r"[a-z0-9._-]{1,255}")  # SPIFFE-ID §2.1
_SPIFFE_ID = re.compile(r"spiffe://[a-z0-9._-]{1,255}(?:/[A-Za-z0-9._-]+)+")  # SPIFFE-ID §2.2
_LEVELS = ("debug", "info", "warning", "error")
_TRANSPORTS = ("auto", "completion-queue", "grpcio")

T = TypeVar("T")


class SettingsInvalid(Exception):
    """Some values cannot be used; `problems` has one sentence for each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: `name` without its prefix, the default as it would be written, and what it means."""

    name: str
    default: str
    meaning: str
    is_switch: bool = False

    @property
    def variable(self) -> str:
        """The environment variable."""
        return _PREFIX + self.name

    @property
    def flag(self) -> str:
        """The flag of the same name."""
        return "--" + self.name.lower().replace("_", "-")


OPTIONS = (
    Option(
        "LISTEN", "127.0.0.1:9001", "Where Envoy's checks are answered: `HOST:PORT`, `[IPV6]:PORT` or `unix:/path`."
    ),
    Option("HTTP", "0.0.0.0:8080", "Where `/metrics`, `/healthz` and `/readyz` are: `HOST:PORT` or `[IPV6]:PORT`."),
    Option("SNAPSHOT", "", "The snapshot file to follow. Required, unless `ACCREDIT_NAMESPACE` is set."),
    Option("NAMESPACE", "", "The namespace whose snapshot to follow in Kubernetes: the operator's own."),
    Option("POD_NAME", "", "The name under which this replica reports in Kubernetes; the name of its host by default."),
    Option("TRUST_DOMAIN", "cluster.local", "The SPIFFE trust domain whose workload identities are believed."),
    Option("GATEWAY_IDENTITIES", "", "Comma-separated SPIFFE IDs of gateways: behind these the Host names the target."),
    Option("TLS_CERT", "", "PEM certificate of the gRPC listener; needs `ACCREDIT_TLS_KEY`. Followed when replaced."),
    Option("TLS_KEY", "", "PEM key of `ACCREDIT_TLS_CERT`."),
    Option("TLS_CLIENT_CA", "", "PEM CAs; a client must then present a certificate that one of them signed."),
    Option("MAX_BODY", "65536", f"The largest request body that is judged, in bytes; at most {_MAX_BODY}."),
    Option(
        "AUDIT", "stdout", "Where audit records go: `stdout`, `file:PATH`, or `none`, which needs `--allow-unaudited`."
    ),
    Option("LOG_LEVEL", "info", "The lowest level that is logged: `debug`, `info`, `warning` or `error`."),
    Option(
        "TRANSPORT",
        "auto",
        "The gRPC server: `completion-queue`, several times cheaper, by private names of grpcio; `grpcio`, by public"
        " ones; or `auto`, the first where it proves fit at start, else the second.",
    ),
    Option("ALLOW_PLAINTEXT", "false", "Listen without TLS on an address that is not loopback.", is_switch=True),
    Option("ALLOW_UNAUDITED", "false", "Answer although no audit record is kept.", is_switch=True),
)


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port; port 0 takes a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, checked, and checked against each other."""

    listen: Address | Path  # a path is a Unix socket
    http: Address
    snapshot: Path | None  # exactly one of snapshot and namespace is set
    namespace: str | None
    pod_name: str | None
    trust_domain: str
    gateway_identities: frozenset[str]
    tls_cert: Path | None
    tls_key: Path | None
    tls_client_ca: Path | None
    max_body: int  # bytes
    audit: Path | None  # None = standard output
    audited: bool
    log_level: str
    transport: str


def parse(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Return the settings. Raises SettingsInvalid; an unknown flag ends the process with status 2."""
    values = _Values(_written(arguments, environment))
    audit = values.take("AUDIT", _audit)
    settings = Settings(
        listen=values.take("LISTEN", _listen),
        http=values.take("HTTP", _address),
        snapshot=values.take("SNAPSHOT", _path),
        namespace=values.take("NAMESPACE", _namespace),
        pod_name=values.take("POD_NAME", str) or None,
        trust_domain=values.take("TRUST_DOMAIN", _trust_domain),
        gateway_identities=values.take("GATEWAY_IDENTITIES", _identities),
        tls_cert=values.take("TLS_CERT", _path),
        tls_key=values.take("TLS_KEY", _path),
        tls_client_ca=values.take("TLS_CLIENT_CA", _path),
        max_body=values.take("MAX_BODY", _max_body),
        audit=audit if isinstance(audit, Path) else None,
        audited=audit != "none",
        log_level=values.take("LOG_LEVEL", _level),
        transport=values.take("TRANSPORT", _transport),
    )
    values.problems.extend(_source_problems(settings, values))
    values.problems.extend(_problems_between(settings, values))
    if values.problems:
        raise SettingsInvalid(values.problems)
    return settings


def markdown_table() -> str:
    """Return the documentation of every setting."""
    rows = [
        f"| `{option.variable}` | `{option.flag}` | {_code(option.default)} | {option.meaning} |" for option in OPTIONS
    ]
    return "\n".join(["| environment | flag | default | meaning |", "|---|---|---|---|", *rows]) + "\n"


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


class _Values:
    """What was written, parsed on demand; collects what cannot be."""

    def __init__(self, written: Mapping[str, str]) -> None:
        self._written = written
        self.problems: list[str] = []

    def take(self, name: str, parse_text: Callable[[str], T]) -> T:
        """Return a setting; its default when it cannot be parsed, and a problem is noted."""
        option = next(option for option in OPTIONS if option.name == name)
        text = self._written.get(name) or option.default
        try:
            return parse_text(text)
        except ValueError as error:
            self.problems.append(f"{option.variable} ({option.flag}): {text!r} {error}")
            return parse_text(option.default)

    def is_set(self, name: str) -> bool:
        """Whether something was written, right or wrong."""
        return bool(self._written.get(name))


def _written(arguments: Sequence[str], environment: Mapping[str, str]) -> dict[str, str]:
    parser = argparse.ArgumentParser(
        prog="accredit-extauthz",
        description="Answers Envoy's ext_authz checks from a snapshot. Every flag can be an environment variable.",
        allow_abbrev=False,
    )
    for option in OPTIONS:
        text = f"{option.meaning} [{option.variable}]".replace("%", "%%")
        if option.is_switch:
            parser.add_argument(option.flag, dest=option.name, action="store_const", const="true", help=text)
        else:
            parser.add_argument(option.flag, dest=option.name, metavar="VALUE", help=text)
    flags = vars(parser.parse_args(arguments))
    return {option.name: flags[option.name] or environment.get(option.variable, "") for option in OPTIONS}


def _source_problems(settings: Settings, values: _Values) -> list[str]:
    if settings.snapshot is not None and values.is_set("NAMESPACE"):
        return ["ACCREDIT_SNAPSHOT and ACCREDIT_NAMESPACE: both are set; set one, the file or the namespace to follow"]
    if settings.snapshot is None and not values.is_set("NAMESPACE"):
        return [
            "ACCREDIT_SNAPSHOT (--snapshot): is missing; name a snapshot file, or set ACCREDIT_NAMESPACE in Kubernetes"
        ]
    return []


def _problems_between(settings: Settings, values: _Values) -> list[str]:
    problems = []
    if (settings.tls_cert is None) != (settings.tls_key is None):
        problems.append("ACCREDIT_TLS_CERT and ACCREDIT_TLS_KEY: one is set without the other; set both or none")
    if settings.tls_client_ca is not None and settings.tls_cert is None:
        problems.append("ACCREDIT_TLS_CLIENT_CA: needs ACCREDIT_TLS_CERT and ACCREDIT_TLS_KEY; set them too")
    allow_plaintext, allow_unaudited = values.take("ALLOW_PLAINTEXT", _switch), values.take("ALLOW_UNAUDITED", _switch)
    exposed = isinstance(settings.listen, Address) and not settings.listen.is_loopback
    if exposed and settings.tls_cert is None and not allow_plaintext:
        problems.append(
            f"ACCREDIT_LISTEN (--listen): {settings.listen} is reachable from other machines without TLS; set"
            " ACCREDIT_TLS_CERT and ACCREDIT_TLS_KEY, or accept it with --allow-plaintext"
        )
    if not settings.audited and not allow_unaudited:
        problems.append(
            "ACCREDIT_AUDIT (--audit): none keeps no record of what was allowed; accept it with --allow-unaudited"
        )
    return problems


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    if _HOST.fullmatch(host) is None or not port.isascii() or not port.isdigit() or int(port) > _MAX_PORT:
        raise ValueError("is no address; write HOST:PORT, as 127.0.0.1:9001, or [IPV6]:PORT")
    return Address(host.strip("[]"), int(port))


def _listen(text: str) -> Address | Path:
    if not text.startswith("unix:"):
        return _address(text)
    path = Path(text.removeprefix("unix:"))
    if not path.is_absolute():
        raise ValueError("is no absolute path; write unix:/path/to/socket")
    return path


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def _namespace(text: str) -> str | None:
    if text and _NAMESPACE.fullmatch(text) is None:
        raise ValueError("is no namespace; write its name, as accredit-system")
    return text or None


def _trust_domain(text: str) -> str:
    if _TRUST_DOMAIN.fullmatch(text) is None:
        raise ValueError("is no trust domain; write it without spiffe://, in lower case, as cluster.local")
    return text


def _identities(text: str) -> frozenset[str]:
    identities = frozenset(part.strip() for part in text.split(",")) - {""}
    if wrong := sorted(identity for identity in identities if _SPIFFE_ID.fullmatch(identity) is None):
        raise ValueError(f"has {wrong[0]!r}, which is no SPIFFE ID; write spiffe://TRUST-DOMAIN/PATH, comma-separated")
    return identities


def _max_body(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > len(str(_MAX_BODY)) or not 0 < int(text) <= _MAX_BODY:
        raise ValueError(f"is no size; write whole bytes from 1 to {_MAX_BODY}")
    return int(text)


def _audit(text: str) -> Path | str:
    if text in ("stdout", "none"):
        return text
    path = text.removeprefix("file:")
    if path == text or not path:
        raise ValueError("is no place for records; write stdout, file:PATH or none")
    return Path(path)


def _level(text: str) -> str:
    if text.lower() not in _LEVELS:
        raise ValueError(f"is no level; write one of {', '.join(_LEVELS)}")
    return text.lower()


def _transport(text: str) -> str:
    if text not in _TRANSPORTS:
        raise ValueError(f"is no transport; write one of {', '.join(_TRANSPORTS)}")
    return text


def _switch(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("is neither true nor false; write one of them")
    return text == "true"
