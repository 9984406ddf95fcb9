"""The network that a client is counted by. Pure."""

from ipaddress import IPv6Address, ip_address

# Providers give each household a whole network of this size.
IPV6_NETWORK_BITS = 64


def network_of(address: str) -> str:
    """An IPv4 address as it is; an IPv6 one as the network of a single customer."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(IPv6Address(int(found) >> (128 - IPV6_NETWORK_BITS) << (128 - IPV6_NETWORK_BITS)))
