"""Unpacks LZ4 frames, the form in which some published weights come.

What the bytes mean is the caller's affair. Format: LZ4 frame 1.6 and block format, as the LZ4
project specifies them; checksums of xxHash are skipped, since weights are pinned by sha256 anyway.
"""

from typing import Final

_MAGIC: Final = b"\x04\x22\x4d\x18"
_LEAST_MATCH: Final = 4


def unpack(packed: bytes, limit: int = 1 << 28) -> bytes:
    """All frames of `packed`, unpacked. ValueError when damaged or larger than `limit` bytes."""
    out = bytearray()
    position = 0
    try:
        while position < len(packed):
            position = _unpack_frame(packed, position, out, limit)
    except IndexError as error:
        raise ValueError("the LZ4 data end early") from error
    return bytes(out)


def _unpack_frame(packed: bytes, position: int, out: bytearray, limit: int) -> int:
    """Append one frame to `out` and give the position behind it."""
    if packed[position : position + 4] != _MAGIC:
        raise ValueError("these are no LZ4 data")
    flags = packed[position + 4]
    if flags >> 6 != 1:
        raise ValueError("this version of LZ4 is not known")
    block_checksums, has_size, checksum, has_dictionary = (
        flags & 16,
        flags & 8,
        flags & 4,
        flags & 1,
    )
    if has_dictionary:
        raise ValueError("LZ4 data with a dictionary are not known")
    # Flags, block size, then the content's size if noted, then one byte of header checksum.
    position += 6 + (8 if has_size else 0) + 1
    while True:
        size = _word(packed, position)
        position += 4
        if size == 0:
            return position + (4 if checksum else 0)
        stored = bool(size >> 31)
        size &= 0x7FFFFFFF
        block = packed[position : position + size]
        if len(block) != size:
            raise ValueError("the LZ4 data end early")
        if stored:
            out += block
        else:
            _unpack_block(block, out, limit)
        if len(out) > limit:
            raise ValueError("the LZ4 data are larger than expected")
        position += size + (4 if block_checksums else 0)


def _word(packed: bytes, position: int) -> int:
    if position + 4 > len(packed):
        raise ValueError("the LZ4 data end early")
    return int.from_bytes(packed[position : position + 4], "little")


def _unpack_block(block: bytes, out: bytearray, limit: int) -> None:
    """Sequences of literals and of matches that repeat what is in `out` already."""
    position = 0
    while position < len(block):
        token = block[position]
        length, position = _length(block, position + 1, token >> 4)
        if position + length > len(block):
            raise ValueError("an LZ4 block is cut short")
        out += block[position : position + length]
        position += length
        if position == len(block):
            return
        offset = block[position] | block[position + 1] << 8
        length, position = _length(block, position + 2, token & 15)
        length += _LEAST_MATCH
        if offset == 0 or offset > len(out) or len(out) + length > limit:
            raise ValueError("an LZ4 block is damaged")
        start = len(out) - offset
        if offset >= length:
            out += out[start : start + length]
        else:
            # The match reaches into what it makes: the last `offset` bytes over and over.
            piece = bytes(out[start:])
            out += (piece * (length // offset + 1))[:length]


def _length(block: bytes, position: int, length: int) -> tuple[int, int]:
    """A length whose first four bits are `length`; 15 means that more bytes follow."""
    if length < 15:
        return length, position
    while True:
        byte = block[position]
        position += 1
        length += byte
        if byte != 255:
            return length, position
