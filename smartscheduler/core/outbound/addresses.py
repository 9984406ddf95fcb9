"""Which addresses may be connected to. Pure but for the settings.

What looks like a name may be a number (`2130706433`, `0x7f.1`), and what looks like the world may be this machine
(`::ffff:127.0.0.1`). So it is never the text that is judged, only the address that the system makes of it.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Where clouds hand out credentials; one of them looks public. Nobody's provider is there, whatever is allowed.
METADATA = frozenset(
    ip_address(one)
    for one in ("169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254")
)
GLOBAL_UNICAST = IPv6Network("2000::/3")
TRANSLATED = IPv6Network("64:ff9b::/96")
LAST_PORT = 65535


def allowed_networks() -> tuple[Network, ...]:
    """OUTGOING_PRIVATE_NETWORKS; what cannot be read is left out, and complained about by a system check."""
    return tuple(one for text in settings.OUTGOING_PRIVATE_NETWORKS if (one := network(text)) is not None)


def network(text: str) -> Network | None:
    try:
        return ip_network(text)
    except ValueError:
        return None


def address(text: str) -> Address | None:
    """The address that is meant: an IPv4 one inside an IPv6 one is taken out of it."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return _inner(found) if isinstance(found, IPv6Address) else found


def _inner(one: IPv6Address) -> Address:
    if one in TRANSLATED:
        return IPv4Address(int(one) & 0xFFFFFFFF)
    return one.ipv4_mapped or one.sixtofour or (one.teredo[1] if one.teredo else one)


def may_reach(one: Address | None, networks: Iterable[Network], *, plain: bool = False) -> bool:
    """Whether to connect to it; `plain`, without TLS, only inside the networks that are allowed."""
    if one is None or one in METADATA:
        return False
    if any(one in known for known in networks):
        return True
    return not plain and _is_public(one)


def _is_public(one: Address) -> bool:
    if isinstance(one, IPv6Address) and one not in GLOBAL_UNICAST:
        return False
    return one.is_global and not (one.is_multicast or one.is_reserved or one.is_unspecified)


def objection(url: str) -> str:
    """What is wrong with the address of a provider, as the end of a sentence; empty when nothing is.

    Of a name only its spelling can be judged here: where it leads is looked at for every connection.
    """
    try:
        place = urlsplit(url)
        port = place.port
    except ValueError:
        return "is no address"
    if place.scheme not in {"http", "https"} or not place.hostname or port == 0:
        return "must be like https://api.example.com"
    if place.username or place.password or place.query or place.fragment:
        return "must have no name, password, query or fragment in it"
    return _unreachable(place)


def _unreachable(place: SplitResult) -> str:
    literal, networks, plain = address(place.hostname or ""), allowed_networks(), place.scheme == "http"
    if plain and (not networks if literal is None else not may_reach(literal, networks, plain=True)):
        return "must begin with https://, http:// goes only to networks that OUTGOING_PRIVATE_NETWORKS names"
    if literal is not None and not may_reach(literal, networks):
        return "is no public address, and OUTGOING_PRIVATE_NETWORKS does not name its network"
    return ""


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: what an answer's key may be sent to. Raises ValueError."""
    place = urlsplit(url)
    return place.scheme, (place.hostname or "").lower(), place.port or {"https": 443, "http": 80}[place.scheme]
