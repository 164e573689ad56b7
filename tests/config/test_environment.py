"""Every complaint about the environment names the variable and what belongs into it."""

import base64
import multiprocessing
import os

import pytest

from config import environment
from config.environment import BadSetting

NAME = "XINHENG_EXAMPLE"
KEY = base64.b64encode(bytes(range(32))).decode()
OTHER_KEY = base64.urlsafe_b64encode(bytes(range(200, 232))).decode()


@pytest.fixture
def put(monkeypatch):
    monkeypatch.delenv(NAME, raising=False)
    return lambda value: monkeypatch.setenv(NAME, value)


@pytest.mark.parametrize("value", ["1", "true", "YES", " on "])
def test_yes_is_understood(put, value):
    put(value)
    assert environment.flag(NAME, default=False) is True


@pytest.mark.parametrize("value", ["0", "False", "no", "off"])
def test_no_is_understood(put, value):
    put(value)
    assert environment.flag(NAME, default=True) is False


@pytest.mark.parametrize("default", [True, False])
def test_an_empty_flag_is_the_default(put, default):
    put("  ")
    assert environment.flag(NAME, default=default) is default


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (lambda: environment.flag(NAME, default=False), "ja", "1 or 0"),
        (lambda: environment.required(NAME, "the name of a city"), "", "the name of a city"),
        (lambda: environment.secret(NAME, "a random text"), "short", "at least 32 characters"),
        (lambda: environment.secret(NAME, "a random text"), "ab" * 40, "too easy to guess"),
        (lambda: environment.items(NAME), " , ", "one or more values"),
        (lambda: environment.field_keys(NAME), "", "32 random bytes in base64"),
        (lambda: environment.field_keys(NAME), "not base64!", "key 1 is not base64"),
        (lambda: environment.field_keys(NAME), f"{KEY},银川", "key 2 is not base64"),
        (lambda: environment.field_keys(NAME), f"{KEY},AAAA", "key 2 has 3 bytes"),
        (lambda: environment.field_keys(NAME), f"{KEY},{KEY}", "same key twice"),
    ],
)
def test_a_missing_or_wrong_value_is_refused_with_name_and_expectation(put, read, value, expected):
    put(value)
    with pytest.raises(BadSetting, match=expected) as refusal:
        read()
    assert NAME in str(refusal.value)


def test_a_refused_secret_is_not_repeated(put):
    put("hunter2")
    with pytest.raises(BadSetting) as refusal:
        environment.secret(NAME, "a random text")
    assert "hunter2" not in str(refusal.value)


def test_values_are_read(put):
    put(" a, b ,,c ")
    assert environment.items(NAME) == ["a", "b", "c"]
    put("")
    assert environment.items(NAME, default=[]) == []
    assert environment.optional(NAME) is None


def test_the_newest_key_comes_first_and_both_alphabets_are_read(put):
    put(f"{OTHER_KEY}, {KEY}")
    assert environment.field_keys(NAME) == (bytes(range(200, 232)), bytes(range(32)))


def test_settings_that_exclude_each_other_are_refused():
    environment.refuse_together(False, "never said")
    with pytest.raises(BadSetting, match="either this or that"):
        environment.refuse_together(True, "either this or that")


@pytest.fixture
def keys_file(tmp_path, monkeypatch):
    for name in ("XINHENG_SECRET_KEY", "XINHENG_FIELD_KEYS"):
        monkeypatch.setenv(name, "")
    return tmp_path / "var" / "development.env"


def test_development_keys_are_made_once_and_read_again(keys_file, monkeypatch):
    environment.load_development_keys(keys_file)
    secret = environment.secret("XINHENG_SECRET_KEY", "a random text")
    keys = environment.field_keys("XINHENG_FIELD_KEYS")
    assert keys_file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(keys_file.parent) == [keys_file.name]
    monkeypatch.setenv("XINHENG_SECRET_KEY", "")
    monkeypatch.setenv("XINHENG_FIELD_KEYS", "")
    environment.load_development_keys(keys_file)
    assert environment.required("XINHENG_SECRET_KEY", "") == secret
    assert environment.field_keys("XINHENG_FIELD_KEYS") == keys


def test_the_environment_wins_over_the_development_keys(keys_file, monkeypatch):
    monkeypatch.setenv("XINHENG_FIELD_KEYS", KEY)
    environment.load_development_keys(keys_file)
    assert environment.field_keys("XINHENG_FIELD_KEYS") == (bytes(range(32)),)


def test_a_damaged_keys_file_is_named_with_its_line(keys_file):
    keys_file.parent.mkdir()
    keys_file.write_text("# a note\n\nXINHENG_SECRET_KEY\n")
    with pytest.raises(BadSetting, match=r"development\.env, line 3"):
        environment.load_development_keys(keys_file)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "var").write_text("a file where a folder belongs")
    with pytest.raises(BadSetting, match=r"development\.env.*XINHENG_FIELD_KEYS"):
        environment.load_development_keys(tmp_path / "var" / "development.env")


def _load(path, barrier, answers):
    barrier.wait()
    environment.load_development_keys(path)
    answers.put(os.environ["XINHENG_FIELD_KEYS"])


def test_commands_that_start_at_once_agree_on_the_keys(keys_file):
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(6), context.Queue()
    racers = [context.Process(target=_load, args=(keys_file, barrier, answers)) for _ in range(6)]
    for racer in racers:
        racer.start()
    seen = {answers.get(timeout=20) for _ in racers}
    for racer in racers:
        racer.join()
    assert len(seen) == 1
