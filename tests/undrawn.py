"""A page asked for without drawing it: for tests that look at what it is drawn from, and not at the page."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from django.template.response import SimpleTemplateResponse
from django.test import Client


def laid_out(client: Client, address: str) -> dict[str, Any]:
    """The page's context, through the whole product; only the template is left out, which other tests of the page draw."""

    def blank(page: SimpleTemplateResponse) -> SimpleTemplateResponse:
        page.content = b""
        return page

    with patch.object(SimpleTemplateResponse, "render", blank):
        page = client.get(address)
    assert page.status_code == 200
    return page.context_data
