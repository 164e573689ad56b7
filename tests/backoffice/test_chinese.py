"""Trap 21: the theme ships no translations; ours cover all of it, and no Latin word reaches a daily page."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from .conftest import page, text_of
from .theme_texts import django_gaps, texts

CATALOGUE = Path(settings.LOCALE_PATHS[0]) / "zh_Hans" / "LC_MESSAGES" / "django.po"
_PLACES = re.compile(r"%\(\w+\)[sr]|%d|\{\}")
_LATIN = re.compile(r"[A-Za-z]{2,}")
_READ_ALOUD = ("title", "placeholder", "aria-label", "alt")


def test_the_texts_of_the_theme_are_found():
    found = texts()
    assert len(found) > 100
    # One of each way of writing: tag, block, plural, argument of an include, Python.
    for text in ("Log out", "Add %(name)s", "%(counter)s result", "Welcome back to", "Select action"):
        assert text in found


def test_trap_21_every_text_of_the_theme_has_a_chinese_one():
    translated = {entry.msgid: entry for entry in polib.pofile(str(CATALOGUE)) if entry.translated()}
    wanted_texts = texts() | django_gaps()
    assert [text for text in wanted_texts if text not in translated] == []
    for text, plural in wanted_texts.items():
        entry = translated[text]
        assert (entry.msgid_plural or None) == plural, text
        for said in entry.msgstr_plural.values() or [entry.msgstr]:
            assert sorted(_PLACES.findall(said)) == sorted(_PLACES.findall(text)), text


def test_the_catalogue_holds_nothing_that_nobody_says():
    known = texts() | django_gaps()
    assert [entry.msgid for entry in polib.pofile(str(CATALOGUE)) if entry.msgid not in known] == []


@pytest.mark.parametrize("name", ["django.po", "djangojs.po"])
def test_the_compiled_catalogue_is_in_step_with_its_source(name):
    file = CATALOGUE.with_name(name)
    source, compiled = polib.pofile(str(file)), polib.mofile(str(file.with_suffix(".mo")))

    def content(catalogue):
        return {
            (e.msgctxt, e.msgid, e.msgid_plural, e.msgstr, tuple(sorted(e.msgstr_plural.items())))
            for e in catalogue
        }

    assert content(source) == content(compiled)


def test_the_catalogue_is_the_one_that_speaks():
    with translation.override("zh-hans"):
        assert translation.gettext("Apply Filters") == "筛选"
        assert translation.ngettext("%(counter)s result", "%(counter)s results", 2) == "%(counter)s 条结果"


def test_trap_21_the_calendar_heads_its_columns_in_chinese(signed_in):
    script = text_of(signed_in("clerk").get(reverse("admin:jsi18n")))
    catalogue = json.loads(re.search(r"const newcatalog = (\{.*?\});", script, re.S)[1])
    days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    heads = [catalogue[f"one letter {day}\x04{day[0]}"] for day in days]
    assert heads == list("日一二三四五六")
    assert catalogue["November"] == "十一月"


class _Reader(HTMLParser):
    """What a person sees or hears of a page: no markup, no icons (their font draws names of pictures)."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.said += [given[name] for name in _READ_ALOUD if given.get(name)]
        if tag == "input" and given.get("type") in ("submit", "button"):
            self.said.append(given.get("value", ""))
        if tag in ("input", "meta", "link", "br", "img", "hr"):
            return
        if (
            self._silent
            or tag in ("script", "style", "title")
            or "material-symbols" in (given.get("class") or "")
        ):
            self._silent.append(tag)

    def handle_endtag(self, tag):
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data):
        if not self._silent:
            self.said.append(data)


ACCOUNTS = {"clerk", "reviewer"}
"""Their names stand at the foot of what is printed."""


def latin_words(html: str) -> set[str]:
    reader = _Reader()
    reader.feed(html)
    return set(_LATIN.findall(" ".join(reader.said)))


def test_the_reader_hears_what_a_person_would():
    assert latin_words("<p title='Hello'>你好</p><script>var x</script>") == {"Hello"}
    assert latin_words('<span class="material-symbols-outlined">home</span><b>Save</b>') == {"Save"}


@pytest.mark.parametrize("who", ["clerk", "reviewer", "officer"])
def test_trap_21_no_latin_word_on_the_daily_pages(signed_in, desk, who):
    record = desk.record(document_number="银市监罚〔2026〕1号")
    for _ in range(21):
        desk.record(document_number="银市监罚〔2026〕2号")
    client = signed_in(who)
    pages = [
        reverse("admin:index"),
        page("changelist"),
        page("changelist") + "?q=1&state__exact=submitted",
        page("changelist") + "?q=nothing".replace("nothing", "无"),
        page("change", record.pk),
        page("history", record.pk),
        reverse("admin:password_change"),
    ]
    for url in pages:
        response = client.get(url)
        assert response.status_code == 200
        # The one name that the offices' spreadsheet programs use for the file, too; and the account, at the foot of prints.
        assert latin_words(text_of(response)) <= {"CSV", who}, url


def test_trap_21_no_latin_word_in_bulk_and_error_pages(signed_in, desk):
    record = desk.record(document_number="银市监罚〔2026〕1号")
    client = signed_in("reviewer")
    chosen = {"action": "publish", "_selected_action": [record.pk]}
    assert latin_words(text_of(client.post(page("changelist"), chosen))) <= ACCOUNTS
    assert latin_words(text_of(client.post(page("verb", record.pk, "withdraw"), {}))) <= ACCOUNTS
    refused = client.post(page("verb", record.pk, "doubt"), {"reason": "试"}, follow=True)
    assert latin_words(text_of(refused)) <= ACCOUNTS
    empty = signed_in("clerk").post(page("change", record.pk), {})
    assert latin_words(text_of(empty)) <= ACCOUNTS


def test_the_sign_in_page_is_chinese_and_ours(system):
    shown = text_of(Client().get(reverse("admin:login")))
    assert latin_words(shown) == set()
    assert "信衡" in shown
    wrong = Client().post(reverse("admin:login"), {"username": "示例", "password": "x"})
    assert latin_words(text_of(wrong)) == set()
    assert "账号或密码不正确，或者账号已停用。" in text_of(wrong)
    assert "用户名" not in text_of(wrong)
