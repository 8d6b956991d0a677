"""Ceph RGW's usage log, from its admin API. The user of the key needs the capability `usage=read`."""

import io
from datetime import timedelta
from urllib.parse import quote

from storekeeper.metering.importing.pulling import windows
from storekeeper.metering.importing.pulling.model import Pulled, Puller, Reach, added_up
from storekeeper.objectstore import Call, Credentials, Signature

FIRST = timedelta(days=7)
LONGEST = timedelta(days=31)


def _pull(reach: Reach) -> Pulled:
    since, until = windows.hours(reach.cursor, reach.now, first=FIRST, longest=LONGEST)
    query = {
        "end": f"{until:%Y-%m-%d %H:%M:%S}",
        "format": "json",
        "show-entries": "True",
        "show-summary": "False",
        "start": f"{since:%Y-%m-%d %H:%M:%S}",
    }
    if user := reach.settings.get("uid"):
        query["uid"] = user
    pairs = "&".join(f"{name}={quote(query[name], safe='~')}" for name in sorted(query))
    asked = Call(
        endpoint=reach.settings.get("endpoint") or reach.bucket.endpoint, target=f"/admin/usage?{pairs}"
    )
    key = Credentials(access_key_id=reach.settings["accessKeyId"], secret_access_key=reach.secret)
    region = reach.settings.get("region") or reach.bucket.region or "us-east-1"
    answer = reach.call(asked, Signature(credentials=key, service="s3", region=region))
    return Pulled(cursor=windows.written(until), result=added_up([reach.take(io.BytesIO(answer), 0)]))


PULLER = Puller(
    format="ceph-usage",
    settings={
        "accessKeyId": "Of a user with the capability usage=read.",
        "endpoint": "Of the gateway. By default the bucket's.",
        "uid": "Only this user's requests.",
        "region": "By default the bucket's.",
    },
    required=("accessKeyId",),
    pull=_pull,
)
