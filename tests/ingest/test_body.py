"""A body is read with bounds, whatever it claims to be."""

import gzip
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import cramjam
import pytest

from monitoring.ingest.body import (
    MAX_BODY_BYTES,
    MAX_GZIP_STREAMS,
    Broken,
    ClientDisconnected,
    MemoryBudget,
    TooLarge,
    decompress_reserved,
    decompress_snappy,
    iter_decompressed,
    read_body,
)


def receiver(*messages: dict[str, Any]) -> Callable[[], Awaitable[dict[str, Any]]]:
    waiting = list(messages)

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    return receive


async def test_a_body_in_parts_is_joined() -> None:
    parts = [{"type": "http.request", "body": b"ab", "more_body": True}, {"type": "http.request", "body": b"c"}]
    assert await read_body(receiver(*parts)) == b"abc"


async def test_a_body_that_grows_too_large_is_refused_before_its_end() -> None:
    part = {"type": "http.request", "body": b"x" * (MAX_BODY_BYTES // 2 + 1), "more_body": True}
    with pytest.raises(TooLarge):
        await read_body(receiver(part, part))


async def test_a_sender_that_leaves_is_gone() -> None:
    half = {"type": "http.request", "body": b"x", "more_body": True}
    with pytest.raises(ClientDisconnected):
        await read_body(receiver(half, {"type": "http.disconnect"}))


@pytest.mark.parametrize("encoding", ["", "identity"])
async def test_a_body_without_packing_stays_as_it_is(encoding: str) -> None:
    with MemoryBudget(9).hold() as reservation:
        assert await decompress_reserved(b"abc", encoding, 9, reservation) == b"abc"


def decompress(body: bytes, encoding: str) -> bytes:
    return b"".join(iter_decompressed(body, encoding, MAX_BODY_BYTES))


def test_gzip_is_undone_also_in_several_streams() -> None:
    assert decompress(gzip.compress(b"abc") + gzip.compress(b"def"), "gzip") == b"abcdef"


def test_a_gzip_bomb_is_refused_without_being_unpacked() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(400)) + packer.flush()
    tracemalloc.start()
    with pytest.raises(TooLarge):
        decompress(bomb, "gzip")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 4 * MAX_BODY_BYTES


def test_many_small_streams_that_are_large_together_are_too_large() -> None:
    with pytest.raises(TooLarge):
        decompress(gzip.compress(bytes(MAX_BODY_BYTES // 2 + 1)) * 2, "gzip")


def test_a_body_of_very_many_streams_is_refused() -> None:
    assert decompress(gzip.compress(b"a") * MAX_GZIP_STREAMS, "gzip") == b"a" * MAX_GZIP_STREAMS
    with pytest.raises(Broken):
        decompress(gzip.compress(b"a") * (MAX_GZIP_STREAMS + 1), "gzip")


def test_exactly_the_bound_is_allowed() -> None:
    assert len(decompress(gzip.compress(bytes(MAX_BODY_BYTES)), "gzip")) == MAX_BODY_BYTES


@pytest.mark.parametrize(
    "body",
    [gzip.compress(b"abc" * 1000)[:-9], b"not gzip", gzip.compress(b"abc") + b"rest", b"\x1f\x8b"],
)
def test_half_a_stream_and_what_is_none_are_broken(body: bytes) -> None:
    with pytest.raises(Broken):
        decompress(body, "gzip")


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "x" * 500])
def test_another_encoding_is_broken(encoding: str) -> None:
    with pytest.raises(Broken):
        decompress(b"abc", encoding)


def snapped(body: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(body))


def test_a_snappy_block_is_undone_up_to_the_bound() -> None:
    assert decompress_snappy(snapped(b"x" * 1000)) == b"x" * 1000
    assert decompress_snappy(snapped(b"")) == b""
    assert len(decompress_snappy(snapped(bytes(MAX_BODY_BYTES)))) == MAX_BODY_BYTES


@pytest.mark.parametrize("body", [snapped(bytes(MAX_BODY_BYTES + 1)), b"\xff\xff\xff\xff\x0fx"])
def test_a_snappy_block_that_says_it_is_too_large_is_not_unpacked(body: bytes) -> None:
    with pytest.raises(TooLarge):
        decompress_snappy(body)


@pytest.mark.parametrize("body", [b"", b"\xff" * 20, snapped(b"x" * 1000)[:-3], b"\x05"])
def test_half_a_snappy_block_and_what_is_none_are_broken(body: bytes) -> None:
    with pytest.raises(Broken):
        decompress_snappy(body)
