"""Pages whose objects all have the same tags in the same order, which is how nearly all servers send them.

A tree of a thousand objects costs more than everything else that is done with a page. So only the first object becomes part
of a tree, and a pattern made of its tags reads the others: each must be the first one again, but for its texts. Where one is
not, or anything is in it that takes a parser to read, the whole page is parsed.
"""

import re
from functools import lru_cache

from . import xml

_BEGIN, _END = "<Contents>", "</Contents>"
_READ = ("Key", "Size", "LastModified", "StorageClass", "ETag")
_NEEDED = frozenset(_READ[:3])
_MOST_TAGS = 64  # of one object
_TEXT = r"[^<>&\x00-\x1f\x7f]*"
_QUOTED = r'(?:&quot;|&#34;|")?([^<>&"\x00-\x1f\x7f]*)(?:&quot;|&#34;|")?'
_leaf = re.compile(r"<([^<>/ ]+)>[^<>]*</\1>")


class Alike(xml.Element):
    """A listing of objects that are alike: its tree holds the first one, `columns` the texts of all by tag."""

    __slots__ = ("_columns", "_count")

    def __init__(self, root: xml.Element, columns: dict[str, list[str]], count: int) -> None:
        super().__init__(root._node, root._namespace)  # noqa: SLF001 - it is an element
        self._columns = columns
        self._count = count

    def texts(self, tag: str) -> list[str]:
        """As of any element; those of ETag without quotes."""
        return self._columns[tag] if tag in self._columns else super().texts(tag)

    def count(self, tag: str) -> int:
        return self._count if tag == "Contents" else super().count(tag)


def parse(body: bytes) -> xml.Element:
    """The root of a listing. Raises MalformedAnswerError as `xml.parse` does."""
    return (_alike(body.decode("ascii")) if body.isascii() else None) or xml.parse(body)


def _alike(text: str) -> Alike | None:
    begin, end = text.find(_BEGIN), text.rfind(_END) + len(_END)
    first = text[begin : text.find(_END, begin) + len(_END)] if 0 <= begin < end else ""
    tags = first.count("<")
    if not first or tags > _MOST_TAGS:
        return None
    names, pattern = _pattern(_leaf.sub(r"<\1></\1>", first))
    if not _NEEDED.issubset(names):
        return None
    found = pattern.findall(text, begin, end)
    quotes = text.count("&", begin, end)
    if text.count("<", begin, end) != len(found) * tags or quotes not in (0, 2 * len(found)):
        return None
    columns = dict(zip(names, map(list, zip(*found, strict=True)), strict=True))
    root = xml.parse((text[:begin] + first + text[end:]).encode("ascii"))
    if any([each.strip('"') for each in root.texts(name)] != columns.get(name, [])[:1] for name in _READ):
        return None  # it was no object: a comment, or of another kind
    return Alike(root, columns, len(found))


@lru_cache(maxsize=64)
def _pattern(outline: str) -> tuple[list[str], re.Pattern[str]]:
    """What is read of an object, in order, and the pattern that reads it; `outline` is one without its texts."""
    names, parts, at = [], [], 0
    for leaf in _leaf.finditer(outline):
        name, text = leaf[1], _TEXT
        if name in _READ:
            names.append(name)
            text = _QUOTED if name == "ETag" else f"({_TEXT})"
        parts += [re.escape(outline[at : leaf.start()]), re.escape(f"<{name}>"), text]
        at = leaf.start() + len(name) + 2
    return names, re.compile("".join((*parts, re.escape(outline[at:]))))
