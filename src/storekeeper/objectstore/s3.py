"""A bucket behind the S3 API, whoever speaks it."""

import email.utils
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from storekeeper.kernel.errors import BadInputError

from . import alike, xml
from .answers import Operation
from .errors import ListingLoopError, MalformedAnswerError, NoSuchKeyError, UnsupportedError
from .listing import key_decoder, page_from
from .port import Described, Page, Upload, UploadPage, VersionPage, VersionTotals
from .retry import Retrying
from .wire import Wire
from .xml import Element

LIST = Operation("ListObjectsV2", "s3:ListBucket")
LIST_UPLOADS = Operation("ListMultipartUploads", "s3:ListBucketMultipartUploads")
LIST_PARTS = Operation("ListParts", "s3:ListMultipartUploadParts")
LIST_VERSIONS = Operation("ListObjectVersions", "s3:ListBucketVersions")
GET_VERSIONING = Operation("GetBucketVersioning", "s3:GetBucketVersioning")
GET = Operation("GetObject", "s3:GetObject")
HEAD = Operation("HeadObject", "s3:GetObject")
PUT = Operation("PutObject", "s3:PutObject")
DELETE = Operation("DeleteObject", "s3:DeleteObject")
GET_TAGS = Operation("GetObjectTagging", "s3:GetObjectTagging")
DELETE_VERSION = Operation("DeleteObject", "s3:DeleteObjectVersion")

_UPLOAD_MARKERS = {"key-marker": "NextKeyMarker", "upload-id-marker": "NextUploadIdMarker"}
_VERSION_MARKERS = {"key-marker": "NextKeyMarker", "version-id-marker": "NextVersionIdMarker"}
_LOOP_HINT = "The endpoint's listing is broken; its totals would be wrong."

T = TypeVar("T")


class S3Store:
    """ObjectStore over signed HTTP. Safe to share between threads; retries as its policy says."""

    def __init__(self, wire: Wire, retrying: Retrying, *, conditional: bool = False) -> None:
        """`conditional` where DeleteObject heeds If-Match; elsewhere it is not sent, for some refuse what they do not know."""
        self._wire = wire
        self._conditional = conditional
        self._retrying = retrying

    def list_page(
        self,
        *,
        prefix: str = "",
        delimiter: str = "",
        start_after: str = "",
        token: str = "",
        limit: int = 1000,
        etags: bool = False,
    ) -> Page:
        """One page, as the endpoint orders it. Raises ListingLoopError when the next page would be this one again."""
        query = {"list-type": "2", "encoding-type": "url", "max-keys": str(limit), "prefix": prefix}
        optional = {"delimiter": delimiter, "start-after": start_after, "continuation-token": token}
        query |= {name: value for name, value in optional.items() if value}
        page = self._retrying.call(
            lambda: page_from(self._wire.ask(LIST, query=query, parse=alike.parse), etags=etags)
        )
        if page.truncated and page.token == token:
            raise ListingLoopError("the next page of the listing is the same page again", hint=_LOOP_HINT)
        return page

    def list_uploads(self, *, token: str = "") -> UploadPage:
        query = {"uploads": "", "encoding-type": "url", "max-uploads": "1000"} | _markers(token)
        try:
            root = self._ask(LIST_UPLOADS, query, _listing_of("Uploads"))
        except NoSuchKeyError:
            return UploadPage(uploads=())  # rclone's way of saying that there are none
        decode = key_decoder(root)
        found = [self._upload(element, decode) for element in root.children("Upload")]
        uploads = tuple(upload for upload in found if upload)
        return UploadPage(uploads=uploads, token=_next_token(root, _UPLOAD_MARKERS, token))

    def list_versions(self, *, token: str = "") -> VersionPage:
        query = {"versions": "", "encoding-type": "url", "max-keys": "1000"} | _markers(token)
        root = self._ask(LIST_VERSIONS, query, _listing_of("Versions"))
        old = [
            element.integer("Size") for element in root.children("Version") if not element.flag("IsLatest")
        ]
        totals = VersionTotals(
            noncurrent=len(old), noncurrent_bytes=sum(old), delete_markers=root.count("DeleteMarker")
        )
        return VersionPage(totals=totals, token=_next_token(root, _VERSION_MARKERS, token))

    def is_versioned(self) -> bool:
        try:
            root = self._ask(GET_VERSIONING, {"versioning": ""}, lambda root: root)
        except UnsupportedError:
            return False
        return root.text("Status") in {"Enabled", "Suspended"}

    def put(self, key: str, body: bytes) -> None:
        self._retrying.call(lambda: self._wire.request(PUT, method="PUT", key=_named_key(key), body=body))

    def get(self, key: str) -> bytes:
        return self._retrying.call(lambda: self._wire.request(GET, key=_named_key(key))).body

    def head(self, key: str) -> int:
        return self.describe(key).size

    def describe(self, key: str) -> Described:
        answer = self._retrying.call(lambda: self._wire.request(HEAD, method="HEAD", key=_named_key(key)))
        length = answer.headers.get("content-length", "")
        if not length.isdecimal():
            raise MalformedAnswerError(f"{HEAD.name} on {key}: the answer tells no size")
        modified = _http_time(answer.headers.get("last-modified", ""))
        return Described(size=int(length), modified=modified, etag=answer.headers.get("etag", "").strip('"'))

    def tags(self, key: str) -> Mapping[str, str]:
        answer = self._retrying.call(
            lambda: self._wire.request(GET_TAGS, key=_named_key(key), query={"tagging": ""})
        )
        try:
            root = xml.parse(answer.body)
        except MalformedAnswerError:
            root = None
        if root is None or root.name != "Tagging":
            raise UnsupportedError("the endpoint does not tell tags of objects", hint="Choose without tags.")
        return dict(zip(root.texts("Key"), root.texts("Value"), strict=True))

    def delete(self, key: str) -> None:
        try:
            self._retrying.call(lambda: self._wire.request(DELETE, method="DELETE", key=_named_key(key)))
        except NoSuchKeyError:
            return  # some providers say so; the outcome is the one wanted

    def remove(self, key: str, *, seen: Described) -> str:
        condition = {"If-Match": f'"{seen.etag}"'} if self._conditional and seen.etag else {}
        try:
            answer = self._retrying.call(
                lambda: self._wire.request(DELETE, method="DELETE", key=_named_key(key), condition=condition)
            )
        except NoSuchKeyError:
            return ""
        hidden = answer.headers.get("x-amz-delete-marker", "") == "true"
        return answer.headers.get("x-amz-version-id", "") if hidden else ""

    def marker_of(self, key: str) -> str:
        query = {"versions": "", "encoding-type": "url", "prefix": _named_key(key), "max-keys": "10"}
        root = self._ask(LIST_VERSIONS, query, _listing_of("Versions"))
        decode = key_decoder(root)
        for marker in root.children("DeleteMarker"):
            if decode(marker.text("Key")) == key and marker.flag("IsLatest"):
                return marker.text("VersionId")
        return ""

    def remove_marker(self, key: str, marker: str) -> None:
        query = {"versionId": marker}
        try:
            self._retrying.call(
                lambda: self._wire.request(DELETE_VERSION, method="DELETE", key=_named_key(key), query=query)
            )
        except NoSuchKeyError:
            return

    def close(self) -> None:
        self._wire.close()

    def _ask(
        self, operation: Operation, query: Mapping[str, str], read: Callable[[Element], T], key: str = ""
    ) -> T:
        """A query whose answer is read inside the retry, for a garbled answer is worth asking again."""
        return self._retrying.call(lambda: read(self._wire.ask(operation, key=key, query=query)))

    def _upload(self, element: Element, decode: Callable[[str], str]) -> Upload | None:
        """The upload with the bytes of its parts; None when it was completed or aborted meanwhile."""
        key, upload_id = decode(element.text("Key")), element.text("UploadId")
        try:
            parts, size = self._parts(key, upload_id)
        except NoSuchKeyError:
            return None
        return Upload(
            key=key,
            upload_id=upload_id,
            started=_time(element.text("Initiated")),
            storage_class=element.text("StorageClass", "STANDARD"),
            parts=parts,
            bytes=size,
        )

    def _parts(self, key: str, upload_id: str) -> tuple[int, int]:
        """(count, bytes) of an upload's parts."""
        count = size = marker = 0
        while True:
            query = {"uploadId": upload_id, "max-parts": "1000", "part-number-marker": str(marker)}
            root = self._ask(LIST_PARTS, query, _listing_of("Parts"), key)
            sizes = [part.integer("Size") for part in root.children("Part")]
            count, size = count + len(sizes), size + sum(sizes)
            if not root.flag("IsTruncated"):
                return count, size
            following = root.integer("NextPartNumberMarker", 0)
            if following <= marker:
                raise ListingLoopError("the list of an upload's parts does not advance", hint=_LOOP_HINT)
            marker = following


def _named_key(key: str) -> str:
    """A request without a key would be about the bucket itself: DELETE would remove it."""
    if not key:
        raise BadInputError("an object needs a key")
    return key


def _listing_of(what: str) -> Callable[[Element], Element]:
    """A check of what was answered; servers do not agree on the rest of the element's name."""

    def check(root: Element) -> Element:
        if not root.name.startswith("List") or what not in root.name:
            raise MalformedAnswerError(f"expected a list of {what.lower()}, got {root.name}")
        return root

    return check


def _markers(token: str) -> dict[str, str]:
    """The query parameters that a token of ours stands for."""
    if not token:
        return {}
    try:
        return msgspec.json.decode(token, type=dict[str, str])
    except msgspec.MsgspecError as error:
        raise BadInputError("not a token of this listing") from error


def _next_token(root: Element, names: Mapping[str, str], token: str) -> str:
    """Where the next page starts, as a token; empty on the last page. Raises ListingLoopError when it is this one."""
    if not root.flag("IsTruncated"):
        return ""
    decode = key_decoder(root)
    texts = {parameter: root.text(tag) for parameter, tag in names.items()}
    markers = {name: decode(text) if name == "key-marker" else text for name, text in texts.items() if text}
    if not markers:
        raise MalformedAnswerError("the page says that more follows, but not how to ask for it")
    following = msgspec.json.encode(markers, order="sorted").decode()
    if following == token:
        raise ListingLoopError("the next page of the listing is the same page again", hint=_LOOP_HINT)
    return following


def _http_time(text: str) -> datetime:
    """A date of HTTP (RFC 9110 section 5.6.7)."""
    try:
        return email.utils.parsedate_to_datetime(text).astimezone(UTC)
    except ValueError as error:
        raise MalformedAnswerError(f"{HEAD.name}: {text!r} is not a date") from error


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise MalformedAnswerError(f"{text!r} is not a time") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)
