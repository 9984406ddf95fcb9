"""The formats that language models are asked in, and whether one is configured.

The settings import this, so nothing here may need the apps.
"""

from django.conf import settings

# Where a model is asked unless the environment says otherwise.
URLS: dict[str, str] = {"anthropic": "https://api.anthropic.com", "openai": "https://api.openai.com/v1"}
NAMES = {"anthropic": "Anthropic", "openai": "OpenAI-compatible"}


def is_configured() -> bool:
    return bool(settings.EXPLANATION_MODEL_PROVIDER)


def title() -> str:
    """The model and who serves it, for people."""
    provider = settings.EXPLANATION_MODEL_PROVIDER
    return f"{settings.EXPLANATION_MODEL_NAME} ({NAMES.get(provider, provider)})"
