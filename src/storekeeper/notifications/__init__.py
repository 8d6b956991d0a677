"""News on its way out: to the log, and to webhooks by https://www.standardwebhooks.com.

`NotificationService` is what others speak to; nouns are in `model`.

    tell              in the transaction of what is told; who sends it survives kill -9
    webhooks          where it is sent
    test, deliveries  one now; all that were, with every attempt
    start_up, close   once, by who made it; `deliver_due` sends in the caller's thread instead
"""

from storekeeper.notifications.api import ROUTES as API_ROUTES
from storekeeper.notifications.jobs import jobs
from storekeeper.notifications.model import Message
from storekeeper.notifications.pages import ROUTES as PAGE_ROUTES
from storekeeper.notifications.service import NotificationService

ROUTES = [*API_ROUTES, *PAGE_ROUTES]

__all__ = ["ROUTES", "Message", "NotificationService", "jobs"]
