"""Records out of parquet and Arrow files, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefmath.io.files import refuse_unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["read_arrow", "read_parquet"]

_BATCH = 1024


def read_parquet(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Read the rows of a parquet file."""
    refuse_unreadable(path)
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise _lacking(path) from error

    def batches() -> Iterator[Any]:
        with parquet.ParquetFile(path, pre_buffer=False) as file:
            yield from file.iter_batches(batch_size=_BATCH, use_threads=False)

    yield from _rows(path, batches)


def read_arrow(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Read the rows of an Arrow stream, as the data sets of Hugging Face are stored."""
    refuse_unreadable(path)
    try:
        import pyarrow as pa
    except ImportError as error:
        raise _lacking(path) from error

    def batches() -> Iterator[Any]:
        with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as reader:
            for batch in reader:
                for first in range(0, batch.num_rows, _BATCH):
                    yield batch.slice(first, _BATCH)

    yield from _rows(path, batches)


def _rows(path: Path, batches: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    import pyarrow as pa

    row = 0
    try:
        for batch in batches():
            for record in batch.to_pylist():
                yield row, record
                row += 1
    except pa.ArrowException as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"{str(path)!r} cannot be read after row {row - 1}: {reason}") from error


def _lacking(path: Path) -> ImportError:
    return ImportError(f"{str(path)!r} needs pyarrow: pip install 'prefmath[files]'")
