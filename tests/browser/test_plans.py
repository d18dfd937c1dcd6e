"""The batch proposal in a browser: run, look, choose, check, send; with script and without."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page

from config import Config
from lotsen.app import make_bootstrap
from lotsen.domain.vocabulary import Level, Role
from lotsen.models import Account, Guide, GuideRequest
from lotsen.services import requests
from lotsen.services.accounts import create_account
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.browser import people
from tests.browser.conftest import MONDAY, Town
from tests.browser.people import OFFICE, PASSWORD, Look, de
from tests.support.browser import PageAt, axe

pytestmark = [pytest.mark.browser, pytest.mark.only_db("sqlite")]

FIRST = MONDAY.astimezone(factories.NOW.tzinfo) + timedelta(days=14)
PATH = "/buero/sammelvorschlag"
