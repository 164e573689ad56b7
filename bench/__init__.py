"""Reproducible measurements against a stock implementation and the floor; see README.md."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
