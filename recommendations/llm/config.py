"""Whether a language model is configured, and what is said of it."""

from django.conf import settings

NAMES = {"anthropic": "Anthropic", "openai": "OpenAI-compatible"}


def is_configured() -> bool:
    return bool(settings.EXPLANATION_MODEL_PROVIDER)


def title() -> str:
    """The model and who serves it, for people."""
    provider = settings.EXPLANATION_MODEL_PROVIDER
    return f"{settings.EXPLANATION_MODEL_NAME} ({NAMES.get(provider, provider)})"
