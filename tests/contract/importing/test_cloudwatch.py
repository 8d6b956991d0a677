"""The JSON protocol of CloudWatch as another implementation understands it."""

from datetime import UTC, datetime, timedelta

import pytest

from sessions import new_session
from storekeeper.buckets.model import Bucket
from storekeeper.kernel.clock import SystemClock
from storekeeper.metering.importing import FORMATS
from storekeeper.metering.importing.model import Asked, ImportReply
from storekeeper.metering.importing.pulling.cloudwatch_api import PULLER
from storekeeper.metering.importing.pulling.model import Reach
from storekeeper.objectstore import call

pytestmark = pytest.mark.slow


def test_figures_that_were_put_are_pulled(moto_s3):
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)  # noqa: TID251 - moto runs by the real clock
    keys = {"aws_access_key_id": "AKIA1", "aws_secret_access_key": "hush", "region_name": "us-east-1"}
    dimensions = [{"Name": "BucketName", "Value": "photos"}, {"Name": "FilterId", "Value": "EntireBucket"}]
    moment = hour - timedelta(minutes=30)
    new_session().client("cloudwatch", endpoint_url=moto_s3.endpoint, **keys).put_metric_data(
        Namespace="AWS/S3",
        MetricData=[
            {"MetricName": "AllRequests", "Dimensions": dimensions, "Timestamp": moment, "Value": 7},
            {"MetricName": "BytesDownloaded", "Dimensions": dimensions, "Timestamp": moment, "Value": 900},
        ],
    )
    rows = []

    def take(body, period):
        found, skipped = FORMATS["cloudwatch"].parse(body.read(), Asked(bucket="photos", resolution=period))
        rows.extend(found)
        return ImportReply(
            format="cloudwatch", bucket="photos", records=len(found), accepted=len(found), duplicates=0,
            skipped=skipped, rejected=(), rejected_count=0,
        )  # fmt: skip

    bucket = Bucket(
        id="b", name="photos", url="s3://photos", endpoint="", region="us-east-1", provider="aws",
        access_key_id="", created_at=hour, updated_at=hour,
    )  # fmt: skip
    reach = Reach(
        now=hour + timedelta(minutes=1), bucket=bucket, secret="hush", cursor="", open=lambda _: None,
        settings={"accessKeyId": "AKIA1", "endpoint": moto_s3.endpoint}, take=take,
        call=lambda asked, signature: call(asked, clock=SystemClock(), signature=signature),
    )  # fmt: skip
    PULLER.pull(reach)
    assert [(row.operation, row.time, row.resolution, row.requests, row.bytes_out) for row in rows] == [
        ("AllRequests", hour - timedelta(hours=1), 3600, 7, None),
        ("BytesDownloaded", hour - timedelta(hours=1), 3600, None, 900),
    ]
