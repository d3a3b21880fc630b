"""The download of readings as CSV (manual 6.10, 11.2)."""

from flask import Blueprint

page = Blueprint("export", __name__)
