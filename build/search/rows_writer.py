"""Writing rows into a new segment: Whoosh's own format, with the work on a term done once for all its rows.

Whoosh's writer sorts and writes every posting by itself, each through several functions. Here the postings
are kept by term, and each term's list is written at once.
"""

# the classes of Whoosh that these are made of are typed in part:
# mypy: disable-error-code="no-untyped-call"

import marshal
from collections import defaultdict
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import groupby
from operator import itemgetter, sub
from pathlib import Path
from pickle import dumps
from tempfile import TemporaryFile
from typing import IO, Any
from zlib import compress

from whoosh.codec.whoosh3 import (
    STORED_COLUMN,
    WHOOSH3_HEADER_MAGIC,
    W3Codec,
    W3FieldWriter,
    W3PerDocWriter,
    W3TermInfo,
)
from whoosh.columns import CompressedBytesColumn, PickleColumn
from whoosh.index import Index
from whoosh.system import pack_int, pack_ushort
from whoosh.util.numeric import length_to_byte
from whoosh.writing import SegmentWriter

from build.search.analysis import Places, Words, encode, places, single_places

MOST_HELD = 1_500_000
"""Postings in memory, about 80 MB; beyond them they go to a temporary file."""
_BLOCK = 128
_LEAST_COMPRESSED = 80
_COMPRESSION = 1
_PROTOCOL = 4
_STORED = PickleColumn(CompressedBytesColumn(level=0))
_ONCE, _HEAD = b"\0\0\0\1", itemgetter(slice(4))

_Listed = tuple[str, bytes, list[int], list[bytes]]
"""A field, one of its terms, the rows that have it in their order, and its encoded places in each."""

_Held = defaultdict[str, dict[bytes, tuple[list[int], list[bytes]]]]


class RowsWriter(SegmentWriter):
    """A writer of Whoosh that takes one text for each field of a row, and no options of fields.

    Args:
        index: Where the rows go.
        folder: Where temporary files go.
    """

    pool: "Postings"  # type: ignore[assignment] # it does what is asked of Whoosh's own

    def __init__(self, index: Index, folder: Path) -> None:
        super().__init__(index, codec=_Codec())
        self.pool = Postings(folder)
        self._fields = dict(self.schema.items())

    def add_document(self, **fields: str) -> None:
        """Add a row."""
        number, pool, rows = self.docnum, self.pool, self.perdocwriter
        rows.start_doc(number)
        for name, value in sorted(fields.items()):
            field, length = self._fields[name], 0
            if isinstance(field, Words):
                found, length = places(value)
                pool.put(name, number, found)
            elif field.indexed:
                pool.put_encoded(name, number, value.encode(), b"")
            rows.add_field(name, field, value if field.stored else None, length)
        rows.finish_doc()
        self._added = True
        self.docnum += 1


class Postings:
    """The postings of a new segment by field and term, many of them in temporary files.

    Args:
        folder: Where the temporary files are, unnamed.
        most: Postings in memory.
    """

    def __init__(self, folder: Path, most: int = MOST_HELD) -> None:
        self._folder = folder
        self._most = most
        self._held: _Held = defaultdict(dict)
        self._count = 0
        self._runs: list[IO[bytes]] = []

    def put(self, field: str, row: int, terms: Places) -> None:
        """Keep the terms of a row with their places; rows come in their order."""
        held, alone = self._held[field], single_places()
        for term, at in terms.items():
            encoded = alone[at] if isinstance(at, int) else encode(at)
            if term in held:
                rows, values = held[term]
                rows.append(row)
                values.append(encoded)
            else:
                held[term] = ([row], [encoded])
        self._count += len(terms)
        if self._count > self._most:
            self._write_run()

    def put_encoded(self, field: str, row: int, term: bytes, encoded: bytes) -> None:
        """Keep one term of a row with its places as postings have them; none for a field without them."""
        rows, values = self._held[field].setdefault(term, ([], []))
        rows.append(row)
        values.append(encoded)
        self._count += 1

    def add(self, item: tuple[str, bytes, int, float, bytes]) -> None:
        """Keep a posting of a segment that is merged."""
        field, term, row, _, encoded = item
        self.put_encoded(field, row, term, encoded)

    def iter_postings(self) -> Iterator[_Listed]:
        """Yield all terms in the order of fields and terms, each once."""
        runs = merge(*map(_read_run, self._runs), self._in_order(), key=itemgetter(0, 1))
        for (field, term), parts in groupby(runs, key=itemgetter(0, 1)):
            rows: list[int] = []
            values: list[bytes] = []
            for _, _, some, encoded in parts:
                rows += some
                values += encoded
            yield field, term, rows, values

    def cleanup(self) -> None:
        """Let go of everything."""
        for run in self._runs:
            run.close()
        self._runs, self._held = [], defaultdict(dict)

    def _in_order(self) -> Iterator[_Listed]:
        for field, terms in sorted(self._held.items()):
            for term in sorted(terms):
                yield field, term, *terms[term]

    def _write_run(self) -> None:
        run = TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed by `cleanup`
        self._runs.append(run)
        for listed in self._in_order():
            marshal.dump(listed, run)
        self._held, self._count = defaultdict(dict), 0


def _read_run(run: IO[bytes]) -> Iterator[_Listed]:
    run.seek(0)
    while True:
        try:
            yield marshal.load(run)  # noqa: S302 - an unnamed file of this process
        except EOFError:
            return


class _Codec(W3Codec):
    """Whoosh's format, written by `_TermsWriter`; what is written says nothing of this class."""

    def per_document_writer(self, storage: Any, segment: Any) -> "_StoredWriter":
        return _StoredWriter(self, storage, segment)

    def field_writer(self, storage: Any, segment: Any) -> "_TermsWriter":
        return _TermsWriter(self, storage, segment)

    def new_segment(self, storage: Any, indexname: str) -> Any:
        return W3Codec().new_segment(storage, indexname)


class _StoredWriter(W3PerDocWriter):
    def _create_column(self, fieldname: str, column: Any) -> None:
        """Store what a row holds without compressing it: it would save a third, for a tenth of the time."""
        super()._create_column(fieldname, _STORED if column is STORED_COLUMN else column)


class _TermsWriter(W3FieldWriter):
    def add_postings(self, schema: Any, lengths: Any, items: Iterable[_Listed]) -> None:
        """Write the terms of all fields, in their order.

        Args:
            schema: The fields.
            lengths: Tells how many words each row has in a field.
            items: The terms.
        """
        for name, terms in groupby(items, key=itemgetter(0)):
            field = schema[name]
            sizes = _sizes(lengths, name) if field.scorable else None
            self.start_field(name, field)
            for _, term, rows, values in terms:
                self._write(term, rows, values, sizes)
            self.finish_field()

    def _write(self, term: bytes, rows: list[int], values: list[bytes], sizes: list[int] | None) -> None:
        """Write the postings of a term in blocks, and its entry in the table of terms."""
        written = [WHOOSH3_HEADER_MAGIC]
        total, heaviest, shortest, longest = 0.0, 0.0, None, 0
        for first in range(0, len(rows), _BLOCK):
            block, places_there = rows[first : first + _BLOCK], values[first : first + _BLOCK]
            weights = _weights(places_there) if sizes else [1.0] * len(block)
            heavy, least, most = max(weights), None, 0
            if sizes and (known := list(filter(None, map(sizes.__getitem__, block)))):
                least, most = min(known), max(known)
                shortest = min(least, shortest or least)
            total, heaviest, longest = total + sum(weights), max(heavy, heaviest), max(most, longest)
            data = dumps((_steps(block), _small(weights), tuple(places_there) if sizes else None), _PROTOCOL)
            level = _COMPRESSION if len(data) >= _LEAST_COMPRESSED else 0
            if level:
                data = compress(data, level)
            info = dumps(
                (len(block), block[-1], heavy, level, length_to_byte(least), length_to_byte(most)), 2
            )
            size = len(info) + len(data)
            written += (pack_int(-size if first + _BLOCK >= len(rows) else size), info, data)
        postings = b"".join(written)
        found = W3TermInfo(total, len(rows), shortest, longest, heaviest, rows[0], rows[-1])
        found.set_extent(self._postfile.tell(), len(postings))
        self._postfile.write(postings)
        self._tindex.add(pack_ushort(self._fieldid) + term, found.to_bytes())


def _sizes(lengths: Any, field: str) -> list[int]:
    return [lengths.doc_field_length(row, field) or 0 for row in range(lengths.doc_count_all())]


def _weights(places: list[bytes]) -> list[float]:
    """Return how often the term is in each row, as its encoded places begin with it."""
    heads = list(map(_HEAD, places))
    if heads.count(_ONCE) == len(heads):
        return [1.0] * len(heads)
    return [float(int.from_bytes(head, "big")) for head in heads]


def _small(weights: list[float]) -> float | tuple[float, ...] | None:
    first = weights[0]
    if weights.count(first) < len(weights):
        return tuple(weights)
    return None if first == 1.0 else first


def _steps(rows: list[int]) -> tuple[int, ...]:
    return (rows[0], *map(sub, rows[1:], rows))
