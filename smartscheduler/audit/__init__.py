"""Security audit log: sign-ins, data exports, and changes of accounts (docs/operations.md)."""
