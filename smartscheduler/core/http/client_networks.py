"""The network address under which a client is counted for rate limits. Pure."""

from ipaddress import IPv6Address, ip_address

# Providers assign a network of this size to each customer.
IPV6_NETWORK_BITS = 64


def network_of(address: str) -> str:
    """An IPv4 address unchanged, or the /64 network of an IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> (128 - IPV6_NETWORK_BITS) << (128 - IPV6_NETWORK_BITS)))
