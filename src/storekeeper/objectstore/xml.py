"""Reading S3's XML as strangers send it: no entities, no network, any namespace or none, never a surprise."""

from typing import Any

from lxml import etree

from .errors import MalformedAnswerError


class Element:
    """An element with its document's namespace, so that callers say `Key` and not `{http://…}Key`."""

    __slots__ = ("_namespace", "_node")

    def __init__(self, node: etree._Element, namespace: str) -> None:
        self._node = node
        self._namespace = namespace

    @property
    def name(self) -> str:
        return str(self._node.tag).removeprefix(self._namespace)

    def text(self, tag: str, default: str = "") -> str:
        """The text of the first child of that name; `default` when there is none or it is empty."""
        return self._node.findtext(self._namespace + tag) or default

    def children(self, tag: str) -> list["Element"]:
        return [Element(node, self._namespace) for node in self._node.iterchildren(self._namespace + tag)]

    def texts(self, tag: str) -> list[str]:
        """The text of every descendant of that name, in document order; empty elements are `""`."""
        return [node.text or "" for node in self._node.iter(self._namespace + tag)]

    def count(self, tag: str) -> int:
        return sum(1 for _ in self._node.iterchildren(self._namespace + tag))

    def integer(self, tag: str, default: int | None = None) -> int:
        """A child's text as a non-negative number. Raises MalformedAnswerError; missing without default included."""
        text = self.text(tag)
        if not text and default is not None:
            return default
        if not (text.isascii() and text.isdecimal()):
            raise MalformedAnswerError(f"{tag} is {text!r}, which is not a number")
        return int(text)

    def flag(self, tag: str) -> bool:
        return self.text(tag).strip().lower() == "true"


def parse(body: bytes) -> Element:
    """The root element. Raises MalformedAnswerError for what is not, or not only, well-formed XML."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True, remove_blank_text=True
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        hint = "Is this the S3 API and not a web page? Check endpoint and port."
        raise MalformedAnswerError(f"the answer is not XML: {error.msg}", hint=hint) from error
    docinfo: Any = root.getroottree().docinfo
    if docinfo.doctype:
        raise MalformedAnswerError("the answer declares a document type, which S3 never does")
    namespace = "{" + etree.QName(root).namespace + "}" if etree.QName(root).namespace else ""
    return Element(root, namespace)
