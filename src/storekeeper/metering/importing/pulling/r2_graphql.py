"""R2's figures by hour, from Cloudflare's GraphQL API. It keeps 31 days; an error arrives as HTTP 200."""

import io
from datetime import datetime, timedelta
from typing import Any

import msgspec

from storekeeper.metering.importing.model import ImportReply
from storekeeper.metering.importing.pulling import windows
from storekeeper.metering.importing.pulling.model import Pulled, Puller, Reach, added_up
from storekeeper.objectstore import Call, parse_location

ENDPOINT = "https://api.cloudflare.com"
KEPT = timedelta(days=30)
FIRST = timedelta(days=7)
_AT_ONCE = timedelta(days=1)  # an answer has at most 10,000 rows

# Operations of one bucket by hour, and the most that was stored.
_QUERY = """
query ($account: String!, $bucket: String!, $since: Time!, $until: Time!) {
  viewer { accounts(filter: {accountTag: $account}) {
    r2OperationsAdaptiveGroups(limit: 10000, filter: {bucketName: $bucket, datetime_geq: $since, datetime_lt: $until}) {
      dimensions { actionType actionStatus bucketName datetimeHour storageClass }
      sum { requests responseBytes }
    }
    r2StorageAdaptiveGroups(limit: 10000, filter: {bucketName: $bucket, datetime_geq: $since, datetime_lt: $until}) {
      dimensions { bucketName datetimeHour storageClass }
      max { payloadSize metadataSize objectCount uploadCount }
    }
  } }
}"""


def _pull(reach: Reach) -> Pulled:
    since, until = windows.hours(reach.cursor, reach.now, first=FIRST, longest=KEPT)
    replies: list[ImportReply] = []
    start = since
    while start < until:
        end = min(start + _AT_ONCE, until)
        replies.append(reach.take(io.BytesIO(reach.call(_asked(reach, start, end), None)), 0))
        start = end
    return Pulled(cursor=windows.written(until), result=added_up(replies))


def _asked(reach: Reach, since: datetime, until: datetime) -> Call:
    variables: dict[str, Any] = {
        "account": reach.settings["account"],
        "bucket": reach.settings.get("bucketName") or parse_location(reach.bucket.url).bucket,
        "since": windows.written(since),
        "until": windows.written(until),
    }
    return Call(
        endpoint=reach.settings.get("endpoint") or ENDPOINT,
        target="/client/v4/graphql",
        method="POST",
        headers={"Authorization": f"Bearer {reach.secret}", "Content-Type": "application/json"},
        body=msgspec.json.encode({"query": _QUERY, "variables": variables}),
    )


PULLER = Puller(
    format="r2-analytics",
    settings={
        "account": "The account's id.",
        "bucketName": "The bucket's name in the analytics, such as eu_media. By default that of its URL.",
        "endpoint": f"By default {ENDPOINT}.",
    },
    required=("account",),
    pull=_pull,
)
