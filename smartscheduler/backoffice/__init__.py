"""Pages of the back-office that know every app: home, week, reports."""
