"""A small writer of MaxMind databases (IPv4, 32-bit records), for tests. The format: maxmind.github.io/MaxMind-DB."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

KINDS = {"build_epoch": 9, "node_count": 6, "asn": 6, "autonomous_system_number": 6}
"""uint64 and uint32; all other whole numbers are uint16 (5)."""
MARK = b"\xab\xcd\xefMaxMind.com"


def write(file: Path, places: Mapping[str, Any]) -> Path:
    """A database in which each network has a value."""
    nodes: list[list[Any]] = [[None, None]]
    for network, value in places.items():
        net, node = IPv4Network(network), 0
        bits = [int(net.network_address) >> (31 - n) & 1 for n in range(max(1, net.prefixlen))]
        for bit in bits[:-1]:
            if not isinstance(nodes[node][bit], int):
                nodes.append([None, None])
                nodes[node][bit] = len(nodes) - 1
            node = nodes[node][bit]
        for bit in (0, 1) if net.prefixlen == 0 else bits[-1:]:
            nodes[node][bit] = {"value": value}
    tree, data = b"", b""
    for pair in nodes:
        for side in pair:
            if isinstance(side, dict):
                pointer, data = len(nodes) + 16 + len(data), data + encoded(side["value"])
            else:
                pointer = len(nodes) if side is None else side
            tree += pointer.to_bytes(4)
    about = {
        "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1, "database_type": "Test",
        "description": {}, "ip_version": 4, "languages": [], "node_count": len(nodes), "record_size": 32,
    }  # fmt: skip
    file.write_bytes(tree + bytes(16) + data + MARK + encoded(about))
    return file


def encoded(value: Any, kind: int = 5) -> bytes:
    if isinstance(value, dict):
        pairs = b"".join(encoded(name) + encoded(of, KINDS.get(name, 5)) for name, of in value.items())
        return control(7, len(value)) + pairs
    if isinstance(value, list):
        return control(11, len(value)) + b"".join(map(encoded, value))
    if isinstance(value, str):
        return control(2, len(value.encode())) + value.encode()
    size = (value.bit_length() + 7) // 8
    return control(kind if size <= 4 else 9, size) + value.to_bytes(size)


def control(kind: int, size: int) -> bytes:
    assert size < 29
    return bytes([kind << 5 | size]) if kind < 8 else bytes([size, kind - 7])
