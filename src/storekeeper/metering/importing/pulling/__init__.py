"""Imports by schedule: a module for each kind of place that is pulled from, and this list of them."""

from collections.abc import Mapping

from storekeeper.metering.importing.pulling import ceph_admin, cloudwatch_api, r2_graphql, s3_logs
from storekeeper.metering.importing.pulling.model import Puller

PULLERS: Mapping[str, Puller] = {
    one.format: one for one in (s3_logs.PULLER, r2_graphql.PULLER, ceph_admin.PULLER, cloudwatch_api.PULLER)
}

__all__ = ["PULLERS"]
