"""The application for a WSGI server: `waitress-serve wsgi:app`."""

from config import Config
from lotsen.app import create_app

app = create_app(Config.from_env())
