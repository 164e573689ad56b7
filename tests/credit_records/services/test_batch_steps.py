"""The table of a batch's steps says exactly what the services do: no button that fails, none missing."""

from __future__ import annotations

import pytest

from audit.acts import act
from audit.faults import Refused
from credit_records.models import IntakeBatch
from credit_records.services import batches
from credit_records.services.batch_steps import STEPS, obstacle, reachable

from ..builders import penalty

pytestmark = pytest.mark.django_db
State = IntakeBatch.State
CALLS = {
    "check": lambda batch, city: batches.check(batch, actor=city.clerk),
    "explain": lambda batch, city: batches.explain(batch, 3, actor=city.clerk, explanation="示例"),
    "submit": lambda batch, city: batches.submit(batch, actor=city.clerk),
    "take_back": lambda batch, city: batches.take_back(batch, actor=city.clerk, reason="示例"),
    "return": lambda batch, city: batches.send_back(batch, actor=city.reviewer, reason="示例"),
    "publish": lambda batch, city: batches.publish(batch, actor=city.reviewer),
}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("verb", CALLS)
def test_a_step_is_offered_exactly_when_the_service_takes_it(report, city, verb, state):
    batch = report(penalty(1), penalty(2), submit=state in (State.SUBMITTED, State.RETURNED))
    if verb == "explain":
        batch.staged.filter(row=3).update(verdict="hold")
    with act("test.state", actor=city.system):
        batch.state = state
        batch.save(update_fields=["state"])
    actor = city.reviewer if verb in ("return", "publish") else city.clerk
    said = obstacle(batch, verb, actor=actor)
    if said:
        with pytest.raises(Refused):
            CALLS[verb](batch, city)
    else:
        CALLS[verb](batch, city)


@pytest.mark.parametrize("state", list(State))
def test_a_step_that_can_be_taken_now_is_never_hidden(state):
    batch = IntakeBatch(state=state)
    offered = {verb for verb, step in STEPS.items() if state in step.sources}
    assert {verb for verb in offered if not reachable(batch, verb)} == set()


def test_what_can_never_come_again_is_hidden():
    def steps(state):
        return {verb for verb in set(STEPS) - {"correct"} if reachable(IntakeBatch(state=state), verb)}

    assert steps(State.PUBLISHED) == steps(State.TAKEN_BACK) == set()
    assert steps(State.SUBMITTED) == {"publish", "return", "take_back"}
    assert steps(State.REFUSED) == set(STEPS) - {"correct"}


def test_nothing_accepted_is_nothing_to_submit(report, city):
    batch = report(penalty(1, 行政相对人名称=None))
    assert batch.accepted == 0
    assert "没有可入库的行" in obstacle(batch, "submit", actor=city.clerk)
    with pytest.raises(Refused):
        batches.submit(batch, actor=city.clerk)


def test_nobody_is_offered_to_publish_their_own_batch(report, city):
    batch = report(penalty(1), submit=True)
    assert "录入人不能审核" in obstacle(batch, "publish", actor=city.clerk)
    assert obstacle(batch, "publish", actor=city.reviewer) == ""


def test_every_verb_of_the_policy_has_its_step():
    from credit_records.policies import IntakeBatchPolicy

    assert set(STEPS) == set(IntakeBatchPolicy.rules) - {"view"}
