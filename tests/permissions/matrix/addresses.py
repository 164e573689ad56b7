"""Every address that the product answers, read from the resolver, and the verbs behind those that carry one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Address:
    key: str
    """The name without its namespace; `name:verb` where one address serves several verbs."""
    path: str
    parameters: tuple[str, ...]
    verb: str = ""

    @property
    def name(self) -> str:
        return self.key.split(":")[0]

    def asked_with(self, values: dict[str, Any]) -> str:
        """The address itself, each parameter in its place."""
        path = self.path.replace("^", "").replace("$", "")
        for name in self.parameters:
            path = re.sub(rf"<(\w+:)?{name}>|\(\?P<{name}>[^)]*\)", str(values[name]), path)
        return f"/{path}"


_WITH_VERBS = ("_verb", "_bulk")


@cache
def addresses() -> dict[str, Address]:
    found: dict[str, Address] = {}
    for name, path, pattern in _walk(get_resolver()):
        parameters = tuple(pattern.pattern.converters) or tuple(pattern.pattern.regex.groupindex)
        key = name or path or "(root)"
        for verb in _verbs_of(name):
            one = Address(f"{key}:{verb}" if verb else key, path, parameters, verb)
            assert one.key not in found, f"two addresses are called {one.key}"
            found[one.key] = one
    return found


def _walk(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, str, URLPattern]]:
    for pattern in resolver.url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, path)
        else:
            yield pattern.name or "", path, pattern


def _verbs_of(name: str) -> list[str]:
    """The verbs of the admin whose address it is; one that is no verb at all goes with them, and leads nowhere."""
    for suffix in _WITH_VERBS:
        if name.endswith(suffix):
            owner = next(a for a in admin.site._registry.values() if name == f"{stem(a.model)}{suffix}")
            if suffix == "_verb":
                return [*(verb.name for verb in owner.verbs), "no-such"]
            return [*(verb.name for verb in owner.verbs if verb.bulk), "no-such"]
    return [""]


def stem(model: Any) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"
