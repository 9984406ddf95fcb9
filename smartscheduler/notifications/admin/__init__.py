"""Admin of messages: the log of emails to contractors, that of messages to customers, and the templates of these."""

from smartscheduler.notifications.admin import customer_messages, mails, message_log, templates

__all__ = ["customer_messages", "mails", "message_log", "templates"]
