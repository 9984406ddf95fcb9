"""Rules for IP addresses that outgoing requests may connect to. Pure except for the settings.

A host name can be a number (`2130706433`, `0x7f.1`), and an IPv6 address can mean this machine (`::ffff:127.0.0.1`).
Therefore the rules apply to the resolved address, never to the text of the host name.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Metadata services of clouds, which issue credentials. Always blocked; 168.63.129.16 looks like a public address.
METADATA = frozenset(
    ip_address(text)
    for text in ("169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254")
)
GLOBAL_UNICAST = IPv6Network("2000::/3")
TRANSLATED = IPv6Network("64:ff9b::/96")
LAST_PORT = 65535


def allowed_networks() -> tuple[Network, ...]:
    """The networks of OUTGOING_PRIVATE_NETWORKS; a system check reports entries that cannot be parsed."""
    networks = map(network, settings.OUTGOING_PRIVATE_NETWORKS)
    return tuple(parsed for parsed in networks if parsed is not None)


def network(text: str) -> Network | None:
    try:
        return ip_network(text)
    except ValueError:
        return None


def address(text: str) -> Address | None:
    """The parsed address, or None. An IPv4 address embedded in an IPv6 address is extracted."""
    try:
        parsed = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return _embedded_ipv4(parsed) if isinstance(parsed, IPv6Address) else parsed


def _embedded_ipv4(ipv6: IPv6Address) -> Address:
    if ipv6 in TRANSLATED:
        return IPv4Address(int(ipv6) & 0xFFFFFFFF)
    return ipv6.ipv4_mapped or ipv6.sixtofour or (ipv6.teredo[1] if ipv6.teredo else ipv6)


def may_reach(target: Address | None, networks: Iterable[Network], *, plain: bool = False) -> bool:
    """Whether a connection to `target` is allowed; without TLS (`plain`) only inside the allowed `networks`."""
    if target is None or target in METADATA:
        return False
    if any(target in allowed for allowed in networks):
        return True
    return not plain and _is_public(target)


def _is_public(target: Address) -> bool:
    if isinstance(target, IPv6Address) and target not in GLOBAL_UNICAST:
        return False
    return target.is_global and not (target.is_multicast or target.is_reserved or target.is_unspecified)


def objection(url: str) -> str:
    """What is wrong with the URL of a provider, as the predicate of a sentence; empty when it is valid.

    Host names are checked for their form only. Their addresses are checked for each connection.
    """
    try:
        place = urlsplit(url)
        port = place.port
    except ValueError:
        return "is not a URL"
    if place.scheme not in {"http", "https"} or not place.hostname or port == 0:
        return "must be like https://api.example.com"
    if place.username or place.password or place.query or place.fragment:
        return "must not contain a user name, password, query, or fragment"
    return _unreachable(place)


def _unreachable(place: SplitResult) -> str:
    literal, networks, plain = address(place.hostname or ""), allowed_networks(), place.scheme == "http"
    if plain and (not networks if literal is None else not may_reach(literal, networks, plain=True)):
        return "must start with https://; http:// is allowed only for networks in OUTGOING_PRIVATE_NETWORKS"
    if literal is not None and not may_reach(literal, networks):
        return "is not a public address, and its network is not in OUTGOING_PRIVATE_NETWORKS"
    return ""


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host, and port of a URL. Raises ValueError or KeyError."""
    place = urlsplit(url)
    return place.scheme, (place.hostname or "").lower(), place.port or {"https": 443, "http": 80}[place.scheme]
