"""The OpenAPI document: extensions of drf-spectacular, problem documents, headers, and hidden fields."""
