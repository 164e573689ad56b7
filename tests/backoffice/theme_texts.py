"""The texts that need our own Chinese: those of the installed theme, and those that Django itself lacks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import django
import polib
import unfold
from django.conf import settings
from django.utils.translation.template import templatize

_ROOT = Path(unfold.__file__).parent
_CALL = re.compile(
    r"(?:\b_|gettext|gettext_noop)\(u?(?P<one>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")\)"
    r"|ngettext\(u?(?P<single>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"),\s*u?(?P<many>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
)
_NAMES = {"_", "gettext", "gettext_lazy", "gettext_noop"}
_PLURAL_NAMES = {"ngettext", "ngettext_lazy"}


def _folders() -> list[Path]:
    """The theme itself and those of its extensions that are installed."""
    contrib = [
        _ROOT / "contrib" / app.split(".")[2]
        for app in settings.INSTALLED_APPS
        if app.startswith("unfold.contrib.")
    ]
    return [*(_ROOT / part for part in ("templates", "templatetags", "mixins")), *contrib]


def _files(ending: str) -> Iterator[Path]:
    if ending == ".py":
        yield from _ROOT.glob("*.py")
    for folder in _folders():
        yield from folder.rglob(f"*{ending}")


def texts() -> dict[str, str | None]:
    """Every msgid, with its plural where it has one."""
    found: dict[str, str | None] = {}
    for path in _files(".html"):
        for hit in _CALL.finditer(templatize(path.read_text(encoding="utf-8"), origin=str(path))):
            if hit["one"] is not None:
                found.setdefault(ast.literal_eval(hit["one"]), None)
            else:
                found[ast.literal_eval(hit["single"])] = ast.literal_eval(hit["many"])
    for path in _files(".py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            values = [
                arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
            ]
            if name in _NAMES and values:
                found.setdefault(values[0], None)
            elif name in _PLURAL_NAMES and len(values) > 1:
                found[values[0]] = values[1]
    return {text: plural for text, plural in found.items() if text.strip()}


def django_gaps() -> dict[str, str | None]:
    """Texts of Django that its own Chinese catalogue has not caught up with."""
    gaps: dict[str, str | None] = {}
    for part in ("conf", "contrib/admin", "contrib/auth", "contrib/contenttypes", "contrib/sessions"):
        folder = Path(django.__file__).parent / part / "locale"
        chinese = polib.pofile(str(folder / "zh_Hans" / "LC_MESSAGES" / "django.po"))
        said = {(entry.msgid, entry.msgid_plural) for entry in chinese if entry.translated()}
        for entry in polib.pofile(str(folder / "en" / "LC_MESSAGES" / "django.po")):
            if (entry.msgid, entry.msgid_plural) not in said:
                gaps[entry.msgid] = entry.msgid_plural or None
    return gaps
