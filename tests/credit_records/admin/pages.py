"""What the tests of these pages share: signing in, addresses, texts."""

from __future__ import annotations

from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse


def as_user(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(model: str, page: str, *args) -> str:
    return reverse(f"admin:credit_records_{model}_{page}", args=args)


def text_of(response) -> str:
    return response.content.decode()


def said(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]
