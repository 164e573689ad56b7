"""Stages are called by the words of the kind of case."""

from __future__ import annotations

import pytest

from casework.admin.work_list import _stage_word
from casework.machine import machine_of
from casework.models import Case, CaseRound, Movement
from casework.selectors.lists import Selection

S = Case.State


@pytest.mark.parametrize(
    ("kind", "state", "word"),
    [
        ("breach", S.ACCEPTED, "已立案"),
        ("breach", S.VERIFYING, "核实中"),
        ("breach", S.REFUSED, "不予立案"),
        ("breach", S.WITHDRAWN, "撤销立案"),
        ("breach", S.DRAFTING, "拟办中"),
        ("objection", S.ACCEPTED, "已受理"),
        ("objection", S.REFUSED, "不予受理"),
        ("repair", S.WITHDRAWN, "终止办理"),
    ],
)
def test_a_stage_is_called_as_its_kind_calls_it(kind, state, word):
    case = Case(kind=kind, state=state)
    assert case.get_state_display() == word
    assert CaseRound(case=case, kind=kind, state=state).get_state_display() == word
    assert Movement(case=case, stage=state).get_stage_display() == word
    assert f"案件现为“{word}”" in machine_of(kind).obstacle("decide", case, None)


def test_the_filter_of_stages_names_every_word_that_the_rows_can_have():
    assert _stage_word(S.ACCEPTED, Selection.of("kind=breach").kind) == "已立案"
    assert _stage_word(S.ACCEPTED, "objection") == "已受理"
    assert set(_stage_word(S.REFUSED, "").split("/")) == {"不予受理", "不予立案"}
    assert _stage_word(S.DRAFTING, "") == "拟办中"
