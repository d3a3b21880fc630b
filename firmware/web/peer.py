"""Who is at the other end of a TCP connection."""


def ipv4_of(peer):
    """Return the IPv4 address as text; `peer` is (host, port), or C's sockaddr_in on the twin."""
    if isinstance(peer, tuple):
        return peer[0]
    return ".".join([str(octet) for octet in peer[4:8]])
