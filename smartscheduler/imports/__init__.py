"""Import and export of contractors, jobs and assignments as CSV and XLSX files."""
