"""Alerts of health: one for each time that something goes wrong with a bucket, until it is well again.

A condition begins, holds for a while, and ends. Its alert is stored in the transaction that stores what began it, together
with the notifications. It is resolved when the condition ends, or by a person before that. As long as the condition holds,
no other alert of its kind is made for the bucket, also when a person has resolved the first: the next one needs an end and a
new beginning. While nothing is known of a bucket, nothing begins and nothing ends.
"""

from storekeeper.health.alerting.api import ROUTES as API_ROUTES
from storekeeper.health.alerting.jobs import jobs
from storekeeper.health.alerting.pages import ROUTES as PAGE_ROUTES
from storekeeper.health.alerting.service import AlertService

ROUTES = [*API_ROUTES, *PAGE_ROUTES]

__all__ = ["ROUTES", "AlertService", "jobs"]
