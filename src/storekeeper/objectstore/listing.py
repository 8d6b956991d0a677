"""ListObjectsV2 answers turned into Arrow, a column per tag.

Fast because a page is read tag by tag and not object by object: when every object has every tag, the n-th
Key, Size and LastModified belong together. Where a server leaves tags out, each object is read on its own.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

import pyarrow as pa
import pyarrow.compute as pc

from . import alike, xml
from .errors import MalformedAnswerError
from .port import LISTING, WITH_ETAGS, Page

_MODIFIED = LISTING.field("modified").type
_NANOSECONDS = pa.timestamp("ns", tz="UTC")
_STANDARD = "STANDARD"
_ENCODED = ("%", "+")  # a key without them stands for itself

Columns = tuple[list[str], list[str], list[str], list[str]]


def parse_page(body: bytes) -> Page:
    """One page. Raises MalformedAnswerError when it is not a ListBucketResult or contradicts itself."""
    return page_from(alike.parse(body))


def page_from(root: xml.Element, *, etags: bool = False) -> Page:
    """The page in an already parsed ListBucketResult, with the column `etag` where that is wanted."""
    if root.name != "ListBucketResult":
        raise MalformedAnswerError(f"expected ListBucketResult, got {root.name}")
    decode = key_decoder(root)
    prefixes = [decode(element.text("Prefix")) for element in root.children("CommonPrefixes")]
    truncated = root.flag("IsTruncated")
    token = root.text("NextContinuationToken")
    if truncated and not token:
        raise MalformedAnswerError("the page says that more follows, but not how to ask for it")
    objects = _table(_columns(root), decode)
    if etags:
        objects = _with_etags(objects, root)
    return Page(
        objects=objects,
        prefixes=prefixes,
        truncated=truncated,
        token=token if truncated else "",
    )


def key_decoder(root: xml.Element) -> Callable[[str], str]:
    """How this answer's keys are to be read.

    S3 encodes like an HTML form (space is `+`), and a server that ignored our wish for encoding does not say `url`.
    """
    return _decode if root.text("EncodingType") == "url" else str


def _decode(key: str) -> str:
    return unquote_plus(key) if any(mark in key for mark in _ENCODED) else key


def _columns(root: xml.Element) -> Columns:
    count = root.count("Contents")
    keys, sizes, dates = (root.texts(tag) for tag in ("Key", "Size", "LastModified"))
    classes = root.texts("StorageClass") or [_STANDARD] * count
    columns = (keys, sizes, dates, classes)
    if all(len(column) == count for column in columns):
        return columns
    return _columns_by_object(root)


def _columns_by_object(root: xml.Element) -> Columns:
    columns: Columns = ([], [], [], [])
    keys, sizes, dates, classes = columns
    for item in root.children("Contents"):
        keys.append(item.text("Key"))
        sizes.append(item.text("Size"))
        dates.append(item.text("LastModified"))
        classes.append(item.text("StorageClass", _STANDARD))
    return columns


def _table(columns: Columns, decode: Callable[[str], str]) -> pa.Table:
    keys, sizes, dates, classes = columns
    if not all(keys):
        raise MalformedAnswerError("an object has no key")
    if any(mark in "".join(keys) for mark in _ENCODED):
        keys = [decode(key) for key in keys]
    return pa.Table.from_arrays(
        [
            pa.array(keys, pa.string()),
            _sizes(sizes),
            _dates(dates),
            pa.array([name or _STANDARD for name in classes], pa.string()),
        ],
        schema=LISTING,
    )


def _with_etags(objects: pa.Table, root: xml.Element) -> pa.Table:
    count = objects.num_rows
    texts = root.texts("ETag") or [""] * count
    if len(texts) != count:
        texts = [item.text("ETag") for item in root.children("Contents")]
    column = pc.utf8_trim(pa.array(texts, pa.string()), characters='"')
    return objects.append_column(WITH_ETAGS.field("etag"), column)


def _sizes(texts: list[str]) -> "pa.Array[Any]":
    try:
        sizes = pc.cast(pa.array(texts, pa.string()), pa.int64())
    except pa.ArrowInvalid as error:
        raise MalformedAnswerError("an object's size is not a number") from error
    if texts and pc.min(sizes).as_py() < 0:
        raise MalformedAnswerError("an object's size is negative")
    return sizes


def _dates(texts: list[str]) -> "pa.Array[Any]":
    array = pa.array(texts, pa.string())
    try:
        return pc.cast(array, _MODIFIED)
    except pa.ArrowInvalid:
        pass  # finer than milliseconds, or not a date at all
    try:
        return pc.cast(pc.cast(array, _NANOSECONDS), _MODIFIED, safe=False)
    except pa.ArrowInvalid as error:
        raise MalformedAnswerError("an object's date is not ISO 8601 in UTC") from error
