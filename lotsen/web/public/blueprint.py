"""The blueprint to which all pages of institutions belong."""

from flask import Blueprint

blueprint = Blueprint("public", __name__)
