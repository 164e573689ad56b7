"""The written form of an event: one for each event, the same on both sides of the database."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import canonical
from audit.masking import masked

# Few characters, those that forms are built of: that two events are the same, or look it, must happen often.
TEXT = st.text('a"\\,:{}[]01 一\n', max_size=4)
NUMBER = st.integers(-(10**25), 10**25) | st.decimals(allow_nan=False, allow_infinity=False, places=6)
VALUE = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
EVENT = st.fixed_dictionaries(
    {
        "id": st.integers(1, 2**40),
        "at": st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
        "actor_id": st.none() | st.integers(1, 99),
        "batch_id": st.none() | st.integers(1, 99),
        "data": st.dictionaries(TEXT, VALUE, max_size=2),
        **dict.fromkeys(
            ("actor_label", "verb", "target_type", "target_id", "target_label", "reason", "request_id",
             "address", "result", "mark"), TEXT,
        ),
    }
)  # fmt: skip


def same(one, other) -> bool:
    """Equal as the database has it: true is no number, and 1.0 is 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, (int, Decimal)) == isinstance(other, (int, Decimal)) and one == other


QUIETLY = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


@QUIETLY
@given(EVENT, EVENT)
def test_two_events_have_one_form_only_if_they_are_the_same(one, other):
    assert (canonical.event_form(one) == canonical.event_form(other)) == same(one, other)


@QUIETLY
@given(EVENT, st.sampled_from(sorted({*canonical.FIELDS, "id", "mark"})), EVENT)
def test_changing_any_one_field_changes_the_form(event, name, other):
    changed = {**event, name: other[name]}
    assert (canonical.event_form(changed) == canonical.event_form(event)) == same(changed[name], event[name])


@QUIETLY
@given(EVENT, st.permutations(canonical.FIELDS))
def test_the_order_of_names_does_not_matter(event, order):
    told = {name: event[name] for name in order}
    assert canonical.content_form(told) == canonical.content_form(event)


@given(VALUE)
def test_the_form_is_json_that_reads_back_as_the_value(value):
    text = canonical.written(value)
    assert same(json.loads(text, parse_float=Decimal), value)
    assert canonical.written(canonical.parsed(text)) == text


@pytest.mark.parametrize(
    ("spellings", "form"),
    [
        ([1, Decimal("1.0"), Decimal("10E-1")], "1"),
        ([Decimal("-0.0"), 0], "0"),
        ([Decimal("0.50"), Decimal("5E-1")], "0.5"),
        ([Decimal("1E+22"), 10**22], "1" + "0" * 22),
        ([{"b": 1, "a": [True, None]}, {"a": [True, None], "b": 1}], '{"a":[true,null],"b":1}'),
        ([{"b": Decimal("1.5"), "a": "一"}], '{"a":"一","b":1.5}'),
    ],
)
def test_one_value_has_one_form(spellings, form):
    assert {canonical.written(value) for value in spellings} == {form}


@pytest.mark.parametrize("pair", [(1, True), (0, False), ("1", 1), ("null", None), ([], {}), ("", None)])
def test_values_that_python_or_people_confuse_are_kept_apart(pair):
    assert canonical.written(pair[0]) != canonical.written(pair[1])


def test_the_same_instant_in_another_zone_is_the_same():
    at = datetime(2026, 11, 22, 8, 0, 0, 1, tzinfo=UTC)
    assert canonical.moment(at) == canonical.moment(at.astimezone(timezone(timedelta(hours=8))))
    assert canonical.moment(at) == "2026-11-22T08:00:00.000001+00:00"


def test_a_link_can_be_recomputed_with_a_hash_program():
    digest = canonical.digest("sha256", b"x")
    told = f"xinheng-chain/1|7|42|{'00' * 32}|{digest.hex()}"
    assert (
        canonical.link("sha256", 7, 42, canonical.GENESIS, digest) == hashlib.sha256(told.encode()).digest()
    )


def test_sm3_is_the_one_of_the_standard_or_is_not_taken():
    """GB/T 32905-2016, appendix A.1; where OpenSSL was built without it, nothing else stands in."""
    if not canonical.offered("sm3"):
        with pytest.raises(ValueError, match="sm3"):
            canonical.digest("sm3", b"abc")
        return
    assert canonical.digest("sm3", b"abc").hex() == (
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )


def test_other_algorithms_are_not_taken():
    assert not canonical.offered("md5")
    with pytest.raises(ValueError, match="md5"):
        canonical.digest("md5", b"x")


def test_marks_under_a_key_cannot_be_made_without_it():
    keyed = canonical.Marker("sha256", (("k1", b"1" * 32),))
    mark = keyed.mark(b"form")
    assert mark.startswith("hmac-sha256/k1:")
    assert keyed.checks(b"form", mark) is True
    assert keyed.checks(b"other", mark) is False
    assert canonical.Marker("sha256", (("k1", b"2" * 32),)).checks(b"form", mark) is False
    assert canonical.Marker().checks(b"form", mark) is None
    # A new key makes the marks, the old one still checks.
    turned = canonical.Marker("sha256", (("k2", b"2" * 32), ("k1", b"1" * 32)))
    assert turned.checks(b"form", mark) is True
    assert turned.mark(b"form").startswith("hmac-sha256/k2:")


@pytest.mark.parametrize("mark", ["", "md5:00", "hmac-md5/k1:00", "sha256:", "sha256", ":", "hmac-sha256"])
def test_no_mark_of_another_making_passes(mark):
    assert not canonical.Marker("sha256", (("k1", b"1" * 32),)).checks(b"form", mark)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("理由：身份证11010519491231002X的申请", "理由：身份证110***********002X的申请"),
        ("q=11010519491231002x&p=1", "q=110***********002x&p=1"),
        ("文号640100202603051234", "文号640100202603051234"),  # eighteen digits, but no identity number
        ("91640100DEM0001XK1", "91640100DEM0001XK1"),
    ],
)
def test_identity_numbers_are_masked_and_other_numbers_are_not(text, kept):
    assert masked({"a": [text], "b": 1}) == {"a": [kept], "b": 1}
