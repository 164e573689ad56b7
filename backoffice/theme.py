"""The theme's settings (django-unfold): calm colours, our own name, no extras. Read by `config.settings`."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static


def _style(request: Any) -> str:
    return static("backoffice/backoffice.css")


def _print_style(request: Any) -> str:
    return static("backoffice/print.css")


def _script(request: Any) -> str:
    return static("backoffice/backoffice.js")


def _print_script(request: Any) -> str:
    return static("backoffice/printed.js")


def _icon(request: Any) -> str:
    return static("backoffice/icon.svg")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "信衡 · 公共信用管理",
    "SITE_HEADER": "信衡",
    "SITE_SUBHEADER": "公共信用管理",
    "SITE_SYMBOL": "balance",
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": False,
    # One look for all: figures and warning colours are chosen for it, and pages print as they are seen.
    "THEME": "light",
    "BORDER_RADIUS": "4px",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _icon}],
    "STYLES": [_style, _print_style],
    "SCRIPTS": [_script, _print_script],
    "COLORS": {
        "primary": {
            "50": "oklch(97% .012 235)",
            "100": "oklch(94% .024 235)",
            "200": "oklch(88% .045 236)",
            "300": "oklch(79% .075 237)",
            "400": "oklch(68% .1 240)",
            "500": "oklch(57% .11 244)",
            "600": "oklch(48% .11 248)",
            "700": "oklch(42% .1 250)",
            "800": "oklch(36% .085 251)",
            "900": "oklch(31% .07 252)",
            "950": "oklch(23% .05 254)",
        },
    },
    "LOGIN": {"form": "backoffice.passwords.SignInForm"},
    "COMMAND": {"search_models": False, "show_history": False, "search_callback": None},
    "SIDEBAR": {
        "show_search": False,
        "command_search": False,
        "show_all_applications": False,
        "navigation": [],
    },
}
