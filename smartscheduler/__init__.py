"""SmartScheduler: ranks contractors for flooring jobs, explains each rank, and books them."""

from pathlib import Path

__version__ = "0.1.0"
# The directory of manage.py and templates/, and the default parent of DATA_DIR.
BASE_DIR = Path(__file__).resolve().parent.parent
