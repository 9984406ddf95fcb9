"""Who should do this job, when, and why."""

from pathlib import Path

__version__ = "0.1.0"
# The folder of manage.py, templates/ and, by default, of what is written.
BASE_DIR = Path(__file__).resolve().parent.parent
