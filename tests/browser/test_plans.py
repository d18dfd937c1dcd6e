"""The batch proposal in a browser: run, look, choose, check, send; with script and without."""

from datetime import timedelta

import pytest

from tests import factories
from tests.browser.conftest import MONDAY

pytestmark = [pytest.mark.browser, pytest.mark.only_db("sqlite")]

FIRST = MONDAY.astimezone(factories.NOW.tzinfo) + timedelta(days=14)
PATH = "/buero/sammelvorschlag"
