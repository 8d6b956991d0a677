"""Where a bucket is: what people write (`s3://photos`) turned into what is spoken to."""

import posixpath
import re
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from storekeeper.kernel.errors import BadInputError

from .endpoint_guard import check_endpoint

SCHEMES = ("s3", "r2", "b2", "gs", "file", "memory")


class Location(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket at one provider. `endpoint` and `region` are empty for folders and memory, `path` for all others."""

    scheme: str
    bucket: str
    provider: str
    endpoint: str = ""
    region: str = ""
    path: str = ""


class _Host(NamedTuple):
    pattern: re.Pattern[str]
    provider: str


def _host(pattern: str, provider: str) -> _Host:
    return _Host(re.compile(pattern), provider)


# The named group tells the region that the host name implies.
_HOSTS = (
    _host(
        r"s3(?:[.-](?:dualstack[.-]|fips[.-])?(?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com(?:\.cn)?",
        "aws",
    ),
    _host(r"[a-z0-9]+(?:\.(?:eu|fedramp))?\.r2\.cloudflarestorage\.com", "r2"),
    _host(r"s3\.(?P<region>[a-z0-9-]+)\.backblazeb2\.com", "b2"),
    _host(r"s3(?:\.(?P<region>[a-z0-9-]+))?\.wasabisys\.com", "wasabi"),
    _host(r"storage\.googleapis\.com", "gcs"),
    _host(r"(?P<region>[a-z0-9]+)\.digitaloceanspaces\.com", "digitalocean"),
    _host(r"s3\.(?P<region>[a-z]{2}-[a-z]+)\.scw\.cloud", "scaleway"),
    _host(r"(?P<region>[a-z0-9]+)\.your-objectstorage\.com", "hetzner"),
    _host(r"s3\.(?P<region>[a-z0-9-]+)\.(?:io|perf)\.cloud\.ovh\.(?:net|us)", "ovh"),
    _host(r"(?P<region>[a-z0-9-]+)\.linodeobjects\.com", "linode"),
    _host(r"(?:fly\.storage\.tigris\.dev|t3\.storage\.dev)", "tigris"),
    _host(r"gateway\.(?:[a-z0-9]+\.)?storjshare\.io", "storj"),
    _host(r"(?:.*[.-])?(?:minio)(?:[.-].*)?", "minio"),
    _host(r"(?:.*[.-])?(?:ceph|rgw)(?:[.-].*)?", "ceph"),
)
_SCHEME_PROVIDERS = {"r2": "r2", "b2": "b2", "gs": "gcs"}
PROVIDERS = (*dict.fromkeys(host.provider for host in _HOSTS), "folder", "memory", "other")
_DEFAULT_REGIONS = {"r2": "auto", "gcs": "auto", "storj": "auto", "tigris": "auto"}
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
_ACCOUNT = re.compile(r"[A-Za-z0-9]+")
_REGION = re.compile(r"[A-Za-z0-9-]{1,64}")
_MINIO_PORT = 9000


def parse_location(url: str, *, endpoint: str = "", region: str = "", provider: str = "") -> Location:
    """The bucket that a URL names; what is given beside it wins over what the URL implies.

    Raises BadInputError for what is not a bucket URL and BadEndpointError for an endpoint that policy refuses.
    """
    parts = _split(url.strip())
    if provider and provider not in PROVIDERS:
        raise BadInputError(f"unknown provider {provider!r}", hint=f"Choose one of {', '.join(PROVIDERS)}.")
    if parts.scheme in {"file", "memory"}:
        if endpoint or region:
            raise BadInputError(f"a {parts.scheme}:// bucket has no endpoint and no region")
        return _folder(parts) if parts.scheme == "file" else _memory(parts)
    return _remote(parts, endpoint.strip(), region.strip(), provider)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise BadInputError(f"{url!r} is not a URL: {error}") from error
    if parts.scheme not in SCHEMES:
        known = "s3://name, r2://account/name, b2://name, gs://name, file:///path or memory://name"
        raise BadInputError(f"{url!r} is not a bucket URL", hint=f"Write {known}.")
    if "@" in parts.netloc:
        raise BadInputError(
            "a bucket URL must not contain credentials", hint="Give the access key separately."
        )
    if parts.query or parts.fragment:
        raise BadInputError(f"a {parts.scheme}:// URL has no query and no fragment")
    return parts


def _folder(parts: SplitResult) -> Location:
    if parts.netloc not in {"", "localhost"}:
        raise BadInputError("a folder is on this machine", hint="Write file:///path with three slashes.")
    path = posixpath.normpath(unquote(parts.path))
    if not path.startswith("/") or "\0" in path:
        raise BadInputError("a folder needs an absolute path", hint="Write file:///path with three slashes.")
    path = "/" + path.lstrip("/")
    if path == "/":
        raise BadInputError("the whole file system is not a bucket", hint="Name a folder in it.")
    return Location(scheme="file", bucket=posixpath.basename(path), provider="folder", path=path)


def _memory(parts: SplitResult) -> Location:
    return Location(scheme="memory", bucket=_bucket_name(parts), provider="memory")


def _bucket_name(parts: SplitResult) -> str:
    """The bucket, which is the whole of the URL but R2's account."""
    name, rest = (parts.netloc, parts.path.strip("/"))
    if parts.scheme == "r2":
        name, rest = rest, ""
    if rest:
        raise BadInputError(
            "a bucket is watched as a whole, not a prefix of it", hint=f"Write {parts.scheme}://{name}."
        )
    if not _BUCKET.fullmatch(name) or ".." in name:
        raise BadInputError(f"{name!r} is not a bucket name", hint=_shape(parts.scheme))
    return name


def _shape(scheme: str) -> str:
    return "Write r2://account/name." if scheme == "r2" else f"Write {scheme}://name."


def _remote(parts: SplitResult, endpoint: str, region: str, provider: str) -> Location:
    bucket = _bucket_name(parts)
    if region and not _REGION.fullmatch(region):
        raise BadInputError(f"{region!r} is not a region", hint="Write for example eu-central-1 or auto.")
    endpoint = _tidy(endpoint, bucket) if endpoint else _default_endpoint(parts, region)
    guessed, implied = guess_provider(endpoint)
    provider = provider or _SCHEME_PROVIDERS.get(parts.scheme) or guessed
    region = region or implied or _DEFAULT_REGIONS.get(provider, "us-east-1")
    return Location(scheme=parts.scheme, bucket=bucket, provider=provider, endpoint=endpoint, region=region)


def _tidy(endpoint: str, bucket: str) -> str:
    parts = check_endpoint(endpoint)
    # Cloudflare's console shows the endpoint with the bucket behind it.
    if parts.path.strip("/") not in {"", bucket}:
        raise BadInputError(
            f"{endpoint!r} has a path", hint="An endpoint is https://host[:port] and nothing behind it."
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _default_endpoint(parts: SplitResult, region: str) -> str:
    if parts.scheme == "r2":
        if not _ACCOUNT.fullmatch(parts.netloc):
            raise BadInputError(f"{parts.netloc!r} is not an R2 account", hint="Write r2://account/name.")
        return f"https://{parts.netloc.lower()}.r2.cloudflarestorage.com"
    if parts.scheme == "gs":
        return "https://storage.googleapis.com"
    if parts.scheme == "b2":
        if not region:
            raise BadInputError(
                "B2 needs a region", hint="The console shows it in the endpoint, as in us-west-004."
            )
        return f"https://s3.{region}.backblazeb2.com"
    china = ".cn" if region.startswith("cn-") else ""
    return f"https://s3.{region or 'us-east-1'}.amazonaws.com{china}"


def guess_provider(endpoint: str) -> tuple[str, str]:
    """(provider, region) as far as the endpoint's host tells; `("other", "")` when it tells nothing."""
    parts = urlsplit(endpoint)
    for host in _HOSTS:
        match = host.pattern.fullmatch(parts.hostname or "")
        if match:
            return host.provider, match.groupdict().get("region") or ""
    return ("minio" if parts.port == _MINIO_PORT else "other"), ""
