"""Pages that register, change and remove a bucket."""

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from storekeeper.access import actor_of
from storekeeper.buckets.model import Bucket, BucketChange, NewBucket, TestResult
from storekeeper.buckets.service import BucketService
from storekeeper.infra.web import Access, get, post, render, see_other
from storekeeper.kernel.errors import BadInputError, StorekeeperError
from storekeeper.objectstore import PROVIDERS

Form = URLEncodedBody[dict[str, str]]
PageRequest = Request[Any, Any, Any]

_SCHEDULES = [
    {"value": "", "label": "On demand only"},
    {"value": "0 * * * *", "label": "Every hour"},
    {"value": "0 */6 * * *", "label": "Every 6 hours"},
    {"value": "0 3 * * *", "label": "Every day at 03:00 UTC"},
    {"value": "0 3 * * 0", "label": "Every Sunday at 03:00 UTC"},
]
_EMPTY = {
    "name": "", "url": "", "endpoint": "", "region": "", "provider": "", "access_key_id": "", "owner_pattern": "",
    "scan_schedule": "0 3 * * *", "store_keys": True, "concurrency": 8, "requests_per_second": "",
}  # fmt: skip


@get("/buckets/new", access=Access.ADMIN, include_in_schema=False)
def new_bucket_page(request: PageRequest) -> Response[Any]:
    return _form(request, values=_EMPTY)


@post("/buckets/new", access=Access.ADMIN, status_code=200, include_in_schema=False)
def new_bucket_form(
    request: PageRequest, data: Form, buckets: NamedDependency[BucketService]
) -> Response[Any]:
    try:
        bucket = buckets.add(_new_bucket(data), actor=actor_of(request.scope["user"]))
    except StorekeeperError as error:
        return _form(request, values=_values(data), problem=error)
    return see_other(f"/buckets/{bucket.name}", f"{bucket.name} is registered. Scan it to see what it holds.")


@get("/buckets/{name:str}/edit", access=Access.ADMIN, include_in_schema=False)
def edit_bucket_page(
    request: PageRequest, name: FromPath[str], buckets: NamedDependency[BucketService]
) -> Response[Any]:
    bucket = buckets.get(name)
    return _form(request, values=_stored(bucket), editing=True, has_secret=buckets.has_secret(bucket))


@post("/buckets/{name:str}/edit", access=Access.ADMIN, status_code=200, include_in_schema=False)
def edit_bucket_form(
    request: PageRequest, name: FromPath[str], data: Form, buckets: NamedDependency[BucketService]
) -> Response[Any]:
    bucket = buckets.get(name)
    try:
        if data.get("url", bucket.url).strip() != bucket.url:
            raise BadInputError(
                "The URL of a bucket can not change.", hint="Register the other bucket by its own name."
            )
        buckets.edit(name, _change(data), actor=actor_of(request.scope["user"]))
    except StorekeeperError as error:
        values = _values(data) | {"name": name}
        return _form(
            request,
            values=values,
            editing=True,
            has_secret=buckets.has_secret(bucket),
            problem=error,
        )
    return see_other(f"/buckets/{name}", f"{name} is saved.")


@post("/buckets/{name:str}/remove", access=Access.ADMIN, status_code=200, include_in_schema=False)
def remove_bucket_form(
    request: PageRequest, name: FromPath[str], buckets: NamedDependency[BucketService]
) -> Response[Any]:
    buckets.remove(name, actor=actor_of(request.scope["user"]))
    return see_other("/buckets", f"{name} is no longer watched. Nothing in it was touched.")


@post("/buckets/try", access=Access.ADMIN, status_code=200, include_in_schema=False)
def try_bucket(request: PageRequest, data: Form, buckets: NamedDependency[BucketService]) -> Response[Any]:
    """A fragment for htmx; the whole form with the result in it for a browser without scripts."""
    try:
        test = _test_view(buckets.test_candidate(_new_bucket(data)))
    except StorekeeperError as error:
        test = {"ok": False, "summary": error.in_words(), "checks": [], "policy": ""}
    if "hx-request" in request.headers:
        return render(request, "buckets/test_result.html", test=test)
    return _form(request, values=_values(data), test=test)


@post("/buckets/try-pattern", access=Access.ADMIN, status_code=200, include_in_schema=False)
def try_pattern(request: PageRequest, data: Form, buckets: NamedDependency[BucketService]) -> Response[Any]:
    try:
        found = buckets.try_candidate_pattern(_new_bucket(data))
        trial = {
            "tried": found.matched + found.unmatched,
            "matched": found.matched,
            "examples": found.examples,
        }
    except StorekeeperError as error:
        trial = {"tried": 0, "matched": 0, "examples": [], "problem": error.in_words()}
    return render(request, "buckets/pattern_result.html", trial=trial)


def _form(
    request: PageRequest,
    *,
    values: dict[str, Any],
    editing: bool = False,
    has_secret: bool = False,
    problem: StorekeeperError | None = None,
    test: dict[str, Any] | None = None,
) -> Response[Any]:
    schedules = _SCHEDULES
    if values["scan_schedule"] not in {schedule["value"] for schedule in _SCHEDULES}:
        schedules = [
            *_SCHEDULES,
            {"value": values["scan_schedule"], "label": f"Cron {values['scan_schedule']} (UTC)"},
        ]
    return render(
        request,
        "buckets/bucket_form.html",
        title=f"Edit {values['name']}" if editing else "Add a bucket",
        action=f"/buckets/{values['name']}/edit" if editing else "/buckets/new",
        editing=editing,
        values=values,
        errors={},
        problem=problem,
        has_secret=has_secret,
        providers=[{"value": "", "label": "Guess"}, *({"value": name, "label": name} for name in PROVIDERS)],
        schedules=schedules,
        test=test,
        objects=None,
    )


def _new_bucket(data: dict[str, str]) -> NewBucket:
    """Raises BadInputError that names the field."""
    given = _fields(data) | {"name": data.get("name", "").strip(), "url": data.get("url", "").strip()}
    try:
        return msgspec.convert(given, NewBucket, strict=False)
    except msgspec.ValidationError as error:
        raise BadInputError(str(error)) from None


def _change(data: dict[str, str]) -> BucketChange:
    given = _fields(data)
    if not given["secretAccessKey"]:
        del given["secretAccessKey"]
    try:
        return msgspec.convert(given, BucketChange, strict=False)
    except msgspec.ValidationError as error:
        raise BadInputError(str(error)) from None


def _fields(data: dict[str, str]) -> dict[str, Any]:
    return {
        "endpoint": data.get("endpoint", "").strip(),
        "region": data.get("region", "").strip(),
        "provider": data.get("provider", ""),
        "accessKeyId": data.get("access_key_id", "").strip(),
        "secretAccessKey": data.get("secret_access_key", "").strip(),
        "ownerPattern": data.get("owner_pattern", "").strip(),
        "storeKeys": "store_keys" in data,
        "scanCron": data.get("scan_schedule", ""),
        "maxConcurrency": data.get("concurrency", "8"),
        "maxRequestsPerSecond": data.get("requests_per_second") or "0",
    }


def _values(data: dict[str, str]) -> dict[str, Any]:
    """What was typed, to be shown again; never the secret."""
    shown = _EMPTY | {field: value for field, value in data.items() if field in _EMPTY}
    return shown | {"store_keys": "store_keys" in data}


def _stored(bucket: Bucket) -> dict[str, Any]:
    values = {field: getattr(bucket, field) for field in _EMPTY if hasattr(bucket, field)}
    return values | {
        "scan_schedule": bucket.scan_cron,
        "concurrency": bucket.max_concurrency,
        "requests_per_second": f"{bucket.max_requests_per_second:g}"
        if bucket.max_requests_per_second
        else "",
    }


def _test_view(result: TestResult) -> dict[str, Any]:
    failed = [finding for finding in result.findings if not finding.ok]
    return {
        "ok": result.ok,
        "summary": f"The bucket can be watched; it answered in {result.latency_ms} ms."
        if result.ok
        else "The bucket can not be watched yet.",
        "checks": [
            {
                "name": finding.check,
                "ok": finding.ok,
                "detail": " ".join(filter(None, (finding.detail, finding.hint))),
            }
            for finding in result.findings
        ],
        "policy": _grant(result) if failed else "",
    }


def _grant(result: TestResult) -> str:
    if "advice" in result.policy:
        return str(result.policy["advice"])
    return msgspec.json.format(msgspec.json.encode(result.policy), indent=2).decode()


ROUTES = [
    new_bucket_page,
    new_bucket_form,
    edit_bucket_page,
    edit_bucket_form,
    remove_bucket_form,
    try_bucket,
    try_pattern,
]
