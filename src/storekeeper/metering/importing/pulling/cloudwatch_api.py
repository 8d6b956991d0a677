"""S3's figures from CloudWatch's GetMetricData, by its JSON protocol. Each request is billed by AWS.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

import io
from datetime import datetime, timedelta
from typing import Any

import msgspec

from storekeeper.metering.importing.model import ImportReply
from storekeeper.metering.importing.pulling import windows
from storekeeper.metering.importing.pulling.model import Pulled, Puller, Reach, added_up
from storekeeper.objectstore import Call, Credentials, Signature, parse_location

FIRST = timedelta(days=7)
LONGEST = timedelta(days=14)
_SETTLED = timedelta(days=3)  # figures of storage come once a day, and late
_HOUR, _DAY = 3600, 86_400
_REQUESTS = (
    "AllRequests", "GetRequests", "PutRequests", "DeleteRequests", "HeadRequests", "PostRequests", "SelectRequests",
    "ListRequests", "BytesDownloaded", "BytesUploaded", "4xxErrors", "5xxErrors",
)  # fmt: skip
_CLASSES = "StandardStorage"


class _Answer(msgspec.Struct, rename="pascal"):
    next_token: str | None = None


def _pull(reach: Reach) -> Pulled:
    since, until = windows.hours(reach.cursor, reach.now, first=FIRST, longest=LONGEST)
    midnight = until.replace(hour=0)
    replies = _asked_for(reach, _storage_series(reach), min(since, midnight - _SETTLED), midnight, _DAY)
    replies += _asked_for(reach, _request_series(reach), since, until, _HOUR)
    return Pulled(cursor=windows.written(until), result=added_up(replies))


def _asked_for(
    reach: Reach, series: list[dict[str, Any]], since: datetime, until: datetime, period: int
) -> list[ImportReply]:
    replies: list[ImportReply] = []
    token: str | None = None
    while True:
        body = {
            "MetricDataQueries": series,
            "StartTime": int(since.timestamp()),
            "EndTime": int(until.timestamp()),
        }
        answer = _answer(reach, body | ({"NextToken": token} if token else {}))
        replies.append(reach.take(io.BytesIO(answer), period))
        following = msgspec.json.decode(answer, type=_Answer).next_token
        if not following or following == token:
            return replies
        token = following


def _answer(reach: Reach, body: dict[str, Any]) -> bytes:
    region = reach.settings.get("region") or reach.bucket.region or "us-east-1"
    key = Credentials(access_key_id=reach.settings["accessKeyId"], secret_access_key=reach.secret)
    asked = Call(
        endpoint=reach.settings.get("endpoint") or f"https://monitoring.{region}.amazonaws.com",
        target="/",
        method="POST",
        headers={
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": "GraniteServiceVersion20100801.GetMetricData",
        },
        body=msgspec.json.encode(body),
    )
    return reach.call(asked, Signature(credentials=key, service="monitoring", region=region))


def _request_series(reach: Reach) -> list[dict[str, Any]]:
    filter_id = reach.settings.get("filterId") or "EntireBucket"
    return [_series(reach, name, {"FilterId": filter_id}, _HOUR, "Sum", name) for name in _REQUESTS]


def _storage_series(reach: Reach) -> list[dict[str, Any]]:
    kinds = (reach.settings.get("storageTypes") or _CLASSES).split(",")
    sizes = [
        _series(
            reach,
            "BucketSizeBytes",
            {"StorageType": kind.strip()},
            _DAY,
            "Average",
            f"BucketSizeBytes {kind.strip()}",
        )
        for kind in kinds
    ]
    everything = {"StorageType": "AllStorageTypes"}
    return [*sizes, _series(reach, "NumberOfObjects", everything, _DAY, "Average", "NumberOfObjects")]


def _series(
    reach: Reach, metric: str, dimensions: dict[str, str], period: int, statistic: str, label: str
) -> dict[str, Any]:
    named = {"BucketName": parse_location(reach.bucket.url).bucket} | dimensions
    return {
        "Id": "m_" + "".join(sign.lower() for sign in label if sign.isalnum()),
        "Label": label,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/S3",
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in named.items()],
            },
            "Period": period,
            "Stat": statistic,
        },
    }


PULLER = Puller(
    format="cloudwatch",
    settings={
        "accessKeyId": "With the permission cloudwatch:GetMetricData.",
        "region": "By default the bucket's.",
        "filterId": "Of the bucket's request metrics. By default EntireBucket.",
        "storageTypes": f"Apart by commas. By default {_CLASSES}.",
        "endpoint": "By default https://monitoring.REGION.amazonaws.com.",
    },
    required=("accessKeyId",),
    pull=_pull,
)
