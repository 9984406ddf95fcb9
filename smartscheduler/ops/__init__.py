"""Operations: health checks, the doctor, backups, retention, the demo, and local servers and processes."""
