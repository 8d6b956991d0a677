"""Notifications as they run: webhooks are kept, messages stored, and sent by one worker."""

from storekeeper.notifications.service.notifications import NotificationService

__all__ = ["NotificationService"]
