"""The objects of a PDF file, each written as soon as it is known; only their offsets are kept."""

import zlib
from array import array
from typing import BinaryIO, Final

HEADER: Final = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"
FASTEST: Final = 1


class PdfObjects:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._offsets = array("Q")
        self._position = 0
        self._append(HEADER)

    def reserve(self) -> int:
        """The number of an object that is written later."""
        self._offsets.append(0)
        return len(self._offsets)

    def write(self, content: bytes, number: int | None = None) -> int:
        """Write an object and return its number: a reserved one, or a new one."""
        number = number or self.reserve()
        self._offsets[number - 1] = self._position
        self._append(b"%d 0 obj\n%b\nendobj\n" % (number, content))
        return number

    def stream(self, data: bytes, entries: bytes = b"", number: int | None = None) -> int:
        """Write compressed data; `entries` are further ones of the stream's dictionary."""
        compressed = zlib.compress(data, FASTEST)
        head = b"<</Length %d/Filter/FlateDecode%b>>" % (len(compressed), entries)
        return self.write(b"%b\nstream\n%b\nendstream" % (head, compressed), number)

    def finish(self, root: int, info: int) -> None:
        """Write the cross-reference table and the trailer."""
        table = self._position
        size = len(self._offsets) + 1
        self._append(b"xref\n0 %d\n0000000000 65535 f \n" % size)
        for offset in self._offsets:
            self._append(b"%010d 00000 n \n" % offset)
        trailer = b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n"
        self._append(trailer % (size, root, info, table))

    def _append(self, content: bytes) -> None:
        self._file.write(content)
        self._position += len(content)


def text_string(text: str) -> bytes:
    """A text of the document's properties, as UTF-16 in hexadecimal."""
    return b"<%b>" % (b"\xfe\xff" + text.encode("utf-16-be")).hex().encode()
