"""The blueprint to which all pages of guides belong."""

from flask import Blueprint

blueprint = Blueprint("guides", __name__)
