"""Second factor: authenticator codes (TOTP, RFC 6238) and recovery codes (docs/adr/019)."""
