class EmbeddedServerError(Exception):
    """An embedded server cannot do its work; the message is one sentence that says what to do."""
