"""Back-office pages that combine data of several apps: home, reports, provider status, accounts."""
