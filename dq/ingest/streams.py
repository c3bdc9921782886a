"""Files as streams of bytes: decompressed block by block, cut into lines of bounded size.

Nothing here holds more than a block, a line, or what one slice of compressed input can grow to.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal, Protocol

import zstandard

Compression = Literal["gz", "zst"]

BLOCK_BYTES = 1 << 20
"""Bytes read from a file at a time."""
SLICE_BYTES = 1 << 11
"""Compressed bytes decoded at a time. A slice of zstd can grow 32,768-fold (4 bytes for a block of 128 KiB) and one of
deflate 1,032-fold, so that a decompression bomb takes 64 MiB at most before a limit can stop it."""


class BrokenStreamError(Exception):
    """The rest of a stream cannot be read; `n_bytes` were. Never leaves this room: it becomes a rejected row."""

    def __init__(self, problem: str, *, n_bytes: int = 0) -> None:
        super().__init__(problem)
        self.n_bytes = n_bytes


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def read_blocks(path: Path, compression: Compression | None = None) -> Iterator[bytes]:
    """The decompressed bytes of a file, in blocks; what stands before a break comes out before the error.

    Raises BrokenStreamError when the file cannot be opened or read, or its compressed data are damaged or cut short.
    """
    n_bytes = 0
    try:
        with path.open("rb") as file:
            raw = iter(lambda: file.read(BLOCK_BYTES), b"")
            for block in raw if compression is None else _decompressed(raw, compression):
                n_bytes += len(block)
                yield block
    except OSError as error:
        raise BrokenStreamError(reason(error), n_bytes=n_bytes) from error
    except EOFError as error:
        raise BrokenStreamError(str(error), n_bytes=n_bytes) from error
    except (zlib.error, zstandard.ZstdError) as error:
        raise BrokenStreamError(f"damaged {compression} data ({error})", n_bytes=n_bytes) from error


def reason(error: OSError) -> str:
    """What the system says of a failure, without the path (which differs from machine to machine)."""
    return error.strerror or type(error).__name__


def head(blocks: Iterable[bytes], limit: int) -> bytes:
    """The first `limit` bytes of a stream, no more being read than the block that reaches them."""
    parts: list[bytes] = []
    size = 0
    for block in blocks:
        parts.append(block)
        size += len(block)
        if size >= limit:
            break
    return b"".join(parts)[:limit]


def peek(blocks: Iterable[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes of a stream (`size` or a little more, fewer at its end), and the rest of it.

    Where a stream breaks within these bytes, it is the rest that raises.
    """
    rest = iter(blocks)
    start = bytearray()
    try:
        while len(start) < size and (block := next(rest, None)) is not None:
            start += block
    except BrokenStreamError as error:
        rest = _broken(error)
    return bytes(start), rest


def _broken(error: BrokenStreamError) -> Iterator[bytes]:
    raise error
    yield b""  # makes it a generator, which raises when it is drawn from


def lines(blocks: Iterable[bytes], limit: int) -> Iterator[bytes | int]:
    r"""The lines of a stream, each without its line feed; of a line of more than `limit` bytes only their number.

    >>> list(lines([b"a\nb", b"b\nccccc", b"cc\nd"], 4))
    [b'a', b'bb', 7, b'd']
    """
    parts: list[bytes] = []
    size = 0
    for block in blocks:
        first, *others = block.split(b"\n")
        for ended, part in ((False, first), *((True, other) for other in others)):
            if ended:
                yield _line(parts, size, limit)
                parts, size = [], 0
            size += len(part)
            if size <= limit:
                parts.append(part)
    if size:
        yield _line(parts, size, limit)


def _line(parts: list[bytes], size: int, limit: int) -> bytes | int:
    return b"".join(parts) if size <= limit else size


def _decompressed(blocks: Iterable[bytes], compression: Compression) -> Iterator[bytes]:
    """All members of a gzip file, all frames of a zstd file; zero bytes after the last one are padding."""
    new = _NEW_DECODER[compression]
    decoder: _Decoder | None = None
    for piece in _slices(blocks):
        rest = piece
        while rest and (decoder is not None or (rest := rest.lstrip(b"\0"))):
            decoder = decoder or new()
            yield decoder.decompress(rest)
            rest = decoder.unused_data if decoder.eof else b""
            decoder = None if decoder.eof else decoder
    if decoder is not None:
        raise EOFError(f"the {compression} data end too early")


def _slices(blocks: Iterable[bytes]) -> Iterator[bytes]:
    for block in blocks:
        for start in range(0, len(block), SLICE_BYTES):
            yield block[start : start + SLICE_BYTES]


_NEW_DECODER: dict[Compression, Callable[[], _Decoder]] = {
    "gz": lambda: zlib.decompressobj(wbits=16 + zlib.MAX_WBITS),
    "zst": lambda: zstandard.ZstdDecompressor().decompressobj(),
}
