"""Which addresses keys may be fetched from, by URL and by the address that a socket is about to connect to.

A discovery document is a stranger's text that names the next address to ask, so nothing it names may reach this node,
its cloud's metadata service or the cluster's own services. Private networks are permitted: issuers live there, TLS
proves who answers, and nothing of an answer but public keys is ever shown.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from yarl import URL

from accredit_operator.keys.unfetched import Unfetched, shown

_THIS_NETWORK = IPv4Network("0.0.0.0/8")  # Linux takes 0.0.0.0 for this node
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))  # RFC 6052, RFC 8215: IPv4 in the last bits
_TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))  # 6to4 and Teredo: an IPv4 address in disguise
_METADATA = frozenset(  # metadata services outside the link-local networks
    map(ip_address, ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"))
)
_METADATA_NAMES = ("metadata", "metadata.google.internal", "metadata.goog", "instance-data")


@dataclass(frozen=True, slots=True)
class AddressRules:
    """The rules of one deployment. `allow_loopback` is for issuers on the developer's own machine."""

    cluster_domain: str = "cluster.local"
    allow_loopback: bool = False

    def is_in_cluster(self, host: str) -> bool:
        """Whether a host is a Service of this cluster: NAME.NAMESPACE.svc, with or without the cluster's domain."""
        name = host.lower().removesuffix(".")
        return name.endswith((".svc", f".svc.{self.cluster_domain}"))

    def check_url(self, url: URL, *, from_cluster: bool) -> None:
        """Return when `url` may be asked. Raises Unfetched.

        `from_cluster` says that the issuer itself, or the object that declares it, stands for the cluster: a document
        from outside never sends the operator to a Service.
        """
        host = url.host
        if host is None or url.user is not None or url.password is not None:
            raise Unfetched(
                shown(url.host), "the address has no host, or has credentials in it", "write https://HOST/PATH"
            )
        in_cluster = self.is_in_cluster(host)
        if in_cluster and not from_cluster:
            raise Unfetched(
                shown(host), "a document from outside names a Service of this cluster", "name a public host"
            )
        if url.scheme != "https" and not (url.scheme == "http" and in_cluster):
            raise Unfetched(shown(host), f"keys are not fetched over {shown(url.scheme)}", "use https")
        self._check_name(host)

    def refusal_of(self, address: str) -> str | None:
        """Return what is wrong with an IP address to connect to, such as `loopback`; None when it is permitted."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return "no IP address"
        found = _embedded(parsed)
        if found.is_loopback:
            return None if self.allow_loopback else "loopback"
        return _unfit(found)

    def _check_name(self, host: str) -> None:
        """Refuse what the address of a connection cannot tell where a proxy resolves the name."""
        name = host.lower().removesuffix(".")
        if name in _METADATA_NAMES:
            raise Unfetched(shown(host), "it is a metadata service", "name the issuer's own host")
        if not self.allow_loopback and (name == "localhost" or name.endswith(".localhost")):
            raise Unfetched(shown(host), "it is loopback", "name the issuer's own host")
        try:
            ip_address(name)
        except ValueError:
            return
        refusal = self.refusal_of(name)
        if refusal is not None:
            raise Unfetched(shown(host), f"it is {refusal}", "name the issuer's own host")


def _embedded(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one leads to, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if _is_in(address, *_TRANSLATED):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _unfit(address: IPv4Address | IPv6Address) -> str | None:
    found = (
        ("a metadata service", address in _METADATA),
        ("link-local", address.is_link_local),
        ("multicast", address.is_multicast),
        ("unspecified", address.is_unspecified or _is_in(address, _THIS_NETWORK)),
        ("a tunnel", _is_in(address, *_TUNNELS)),
        ("reserved", address.is_reserved or (isinstance(address, IPv6Address) and address.is_site_local)),
    )
    return next((name for name, holds in found if holds), None)


def _is_in(address: IPv4Address | IPv6Address, *networks: IPv4Network | IPv6Network) -> bool:
    return any(address in network for network in networks)
