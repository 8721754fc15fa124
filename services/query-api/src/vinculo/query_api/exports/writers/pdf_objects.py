"""The objects of a PDF file, each written as soon as it is known; only their places are kept."""

import zlib
from array import array
from typing import BinaryIO, Final

HEAD: Final = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"
QUICKLY: Final = 1


class PdfObjects:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._places = array("Q")
        self._at = 0
        self._put(HEAD)

    def reserve(self) -> int:
        """The number of an object that is to be written later."""
        self._places.append(0)
        return len(self._places)

    def write(self, content: bytes, number: int | None = None) -> int:
        """Give the object's number: the one reserved for it, or its own."""
        number = number or self.reserve()
        self._places[number - 1] = self._at
        self._put(b"%d 0 obj\n%b\nendobj\n" % (number, content))
        return number

    def stream(self, data: bytes, entries: bytes = b"", number: int | None = None) -> int:
        """Compress and write data; `entries` are further ones of its dictionary."""
        packed = zlib.compress(data, QUICKLY)
        head = b"<</Length %d/Filter/FlateDecode%b>>" % (len(packed), entries)
        return self.write(b"%b\nstream\n%b\nendstream" % (head, packed), number)

    def finish(self, root: int, info: int) -> None:
        table = self._at
        size = len(self._places) + 1
        self._put(b"xref\n0 %d\n0000000000 65535 f \n" % size)
        for place in self._places:
            self._put(b"%010d 00000 n \n" % place)
        trailer = b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n"
        self._put(trailer % (size, root, info, table))

    def _put(self, content: bytes) -> None:
        self._file.write(content)
        self._at += len(content)


def text_string(text: str) -> bytes:
    """Of a document's properties, in any letters."""
    return b"<%b>" % (b"\xfe\xff" + text.encode("utf-16-be")).hex().encode()
