"""The account under which sealing and export are told of."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model


def system_actor() -> Any:
    model: Any = get_user_model()
    return model._default_manager.get(username=model.SYSTEM)
