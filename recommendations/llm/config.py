"""The supported API formats of language models, and whether one is configured.

The settings import this module, so it must not import models or other parts of apps.
"""

from django.conf import settings

# Default URLs; the environment can set another one.
URLS: dict[str, str] = {"anthropic": "https://api.anthropic.com", "openai": "https://api.openai.com/v1"}
NAMES = {"anthropic": "Anthropic", "openai": "OpenAI-compatible"}


def is_configured() -> bool:
    return bool(settings.EXPLANATION_MODEL_PROVIDER)


def title() -> str:
    """The model and its provider, for display."""
    provider = settings.EXPLANATION_MODEL_PROVIDER
    return f"{settings.EXPLANATION_MODEL_NAME} ({NAMES.get(provider, provider)})"
