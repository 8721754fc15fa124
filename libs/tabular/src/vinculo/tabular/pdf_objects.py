"""The objects of a PDF file, each written as soon as it is known; only their offsets are kept."""

import os
from array import array
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

import numpy as np
from isal import isal_zlib

HEADER: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
COMPRESSION_LEVEL: Final = 1
"""As small as by zlib at level 1, in half of the time."""
LENGTH_DIGITS: Final = 10
CHUNK: Final = 1 << 16
"""Entries of the cross-reference table that are made at a time."""
OFFSET_BYTES, INDEX_BYTES = 5, 2
INDEX_BITS: Final = 8 * INDEX_BYTES
IN_FILE, IN_STREAM = (kind << 8 * (OFFSET_BYTES + INDEX_BYTES) for kind in (1, 2))
FREE: Final = (1 << INDEX_BITS) - 1
"""Entries of eight bytes: the kind; an offset, or the number of a stream; an index."""


class PdfObjects:
    """Numbers are given in ascending order. Small objects can be packed into streams together."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._position = 0
        self.next_number = 1
        self._plain = (array("Q"), array("Q"))
        """The number and offset of each object that is in no stream of objects."""
        self._packed = (array("Q"), array("Q"), array("Q"))
        """Of each stream of objects: the first number, how many they are, its own number."""
        self._append(HEADER)

    def reserve(self) -> int:
        """The number of an object that is written later."""
        return self.reserve_block(1)

    def reserve_block(self, count: int, unit: int = 1) -> int:
        """The first of consecutive numbers, a multiple of the unit, a power of ten.

        Without the digits of the unit all of them have equally many digits, at least one.
        """
        first = max(-(-self.next_number // unit), 1) * unit
        last = first + count - 1
        if len(str(first // unit)) != len(str(last // unit)):
            first = 10 ** (len(str(last)) - 1)
        self.next_number = first + count
        return first

    def write(self, content: bytes, number: int | None = None) -> int:
        """Write an object and return its number: a reserved one, or a new one."""
        number = self._place(self.reserve() if number is None else number)
        self._append(b"%d 0 obj\n%b\nendobj\n" % (number, content))
        return number

    def stream(self, data: bytes, entries: bytes = b"", number: int | None = None) -> int:
        """Write compressed data; `entries` are further ones of the stream's dictionary."""
        compressed = isal_zlib.compress(data, COMPRESSION_LEVEL)
        head = b"<</Length %d/Filter/FlateDecode%b>>" % (len(compressed), entries)
        return self.write(b"%b\nstream\n%b\nendstream" % (head, compressed), number)

    def pack(self, number: int, numbers: range, index: bytes, objects: bytes) -> None:
        """Write consecutive objects in one stream; the index has their numbers and offsets."""
        entries = b"/Type/ObjStm/N %d/First %d" % (len(numbers), len(index))
        self.stream(index + objects, entries, number)
        for values, value in zip(self._packed, (numbers.start, len(numbers), number), strict=True):
            values.append(value)

    def finish(self, root: int, info: int) -> None:
        """Write the cross-reference stream, which is also the trailer."""
        table = self._position
        number = self._place(self.reserve())
        identity = os.urandom(16).hex().encode()
        head = b"%d 0 obj\n<</Type/XRef/Size %d/W[1 %d %d]/Root %d 0 R/Info %d 0 R/ID[<%b><%b>]" % (
            *(number, self.next_number, OFFSET_BYTES, INDEX_BYTES, root, info),
            *(identity, identity),
        )
        self._append(head + b"/Filter/FlateDecode/Length ")
        length_position = self._position
        self._append(b" " * LENGTH_DIGITS + b">>\nstream\n")
        start = self._position
        compressor = isal_zlib.compressobj(COMPRESSION_LEVEL)
        for chunk in self._entries():
            self._append(compressor.compress(chunk))
        self._append(compressor.flush())
        length = self._position - start
        self._append(b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % table)
        self._file.seek(length_position)
        self._file.write(b"%d" % length)

    def _entries(self) -> Iterator[bytes]:
        """The cross-reference table in chunks, by number."""
        numbers, offsets = (np.array(values, np.int64) for values in self._plain)
        firsts, counts, streams = (np.array(values, np.int64) for values in self._packed)
        for start in range(0, self.next_number, CHUNK):
            stop = min(start + CHUNK, self.next_number)
            entries = np.full(stop - start, FREE)
            here = (numbers >= start) & (numbers < stop)
            entries[numbers[here] - start] = IN_FILE + (offsets[here] << INDEX_BITS)
            runs = (firsts < stop) & (firsts + counts > start)
            first, count = firsts[runs], counts[runs]
            index = np.arange(count.sum()) - (np.cumsum(count) - count).repeat(count)
            number = first.repeat(count) + index
            entry = IN_STREAM + (streams[runs].repeat(count) << INDEX_BITS) + index
            inside = (number >= start) & (number < stop)
            entries[number[inside] - start] = entry[inside]
            yield entries.astype(">i8").tobytes()

    def _place(self, number: int) -> int:
        for values, value in zip(self._plain, (number, self._position), strict=True):
            values.append(value)
        return number

    def _append(self, content: bytes) -> None:
        self._file.write(content)
        self._position += len(content)


def text_string(text: str) -> bytes:
    """A text of the document's properties, as UTF-16 in hexadecimal."""
    return b"<%b>" % (b"\xfe\xff" + text.encode("utf-16-be")).hex().encode()


def references(numbers: Iterable[int]) -> bytes:
    return b" ".join(b"%d 0 R" % number for number in numbers)
