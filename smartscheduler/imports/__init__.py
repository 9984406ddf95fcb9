"""Contractors and jobs from files and into files: CSV and XLSX."""
