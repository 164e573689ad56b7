"""The sink of uploaded commitments: registered when the reviewer publishes the batch, with codes, tasks and owed material.

Nothing of a batch is a commitment before: until then its rows wait where the check has staged them. A row is recognised by
its code, one without a code by promisor, day, cause and department.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from psycopg import sql

from accounts.models import User
from audit import bulk
from audit.clock import local_day, today
from audit.faults import Refused
from commitments import obstacles
from commitments.models import Commitment, MatterTemplate, OwedMaterial, Verification
from commitments.rules.fields import DISCLOSURES, KINDS, OTHER, OTHER_PREFIX, Owed
from commitments.rules.owed_text import parse_owed
from commitments.rules.periods import due_by
from commitments.selectors.deadlines import LIMIT, owed_due, verification_due
from commitments.services.amending import AMENDABLE, PROMISED
from commitments.services.publishing_batches import queue_telling
from credit_records.intake.matching import Counts
from credit_records.intake.merging import SUBJECT_OF_ROW, ids_of, merge_subjects
from credit_records.intake.sinks import Place, RowCheck, columns_of, place_of, take_counts
from credit_records.models import IntakeBatch
from worktime.selectors import calendar_for, limit_for

from .checks import OWED, check_commitments
from .codes import give_codes
from .kept import reject_kept_commitments
from .staged import counts_of, judge, reject_repeats

_MATTER = "CN_SX"


def _text(code: str) -> str:
    return f"coalesce(s.details ->> '{code}', '')"


def _key_of(value: str, titles: Mapping[str, str], default: str = "") -> str:
    """SQL: the stored key of a value as it is written in files."""
    cases = " ".join(f"WHEN '{title}' THEN '{key}'" for key, title in titles.items())
    return f"CASE {value} {cases} ELSE '{default}' END"


_KIND = _key_of("s.kinds[1]", {key: title for key, title in KINDS.items() if key != OTHER}, OTHER)
SAID: dict[str, str] = {
    "subject_name": "s.subject_name",
    "kind_other": f"CASE WHEN {_KIND} = '{OTHER}' THEN trim(substr(s.kinds[1], {len(OTHER_PREFIX) + 1})) ELSE '' END",
    "cause": _text("CN_SY"),
    "content": _text("CN_NR"),
    "liability": _text("CN_WNZR"),
    "valid_until": "nullif(s.valid_until, '2099-12-31'::date)",
    "disclosure": _key_of(_text("CN_GKLX"), DISCLOSURES),
    "remark": _text("BZ"),
}
"""What a staged row says of the columns that an upload may change (SQL): the amendable ones, as at the counter."""
if set(SAID) != set(AMENDABLE):
    raise TypeError("an upload changes what amend() changes")

_REWORDED = " OR ".join(
    f"c.{column} IS DISTINCT FROM {said}" for column, said in SAID.items() if column in PROMISED
)
"""Whether a row changes what was promised (SQL)."""
_GIVEN = "s.details ->> 'CN_BM' IS NOT NULL"
_SAME_PROMISOR = """CASE WHEN s.subject_code IS NOT NULL AND b.code IS NOT NULL THEN b.code = s.subject_code
    WHEN s.id_index IS NOT NULL AND b.id_index IS NOT NULL THEN b.id_index = s.id_index
    ELSE b.name_key = s.name_key END"""
_KNOWN = f"""
SELECT c.id, c.code, c.subject_id, c.state = 'valid' AS valid, c.department_id = %(department)s AS own, {{by_code}} AS by_code,
       {_SAME_PROMISOR} AND c.kind = {_KIND} AS same_thing,
       ({", ".join(f"c.{column}" for column in SAID)}) IS NOT DISTINCT FROM ({", ".join(SAID.values())}) AS same_words
FROM commitments_commitment c
CROSS JOIN LATERAL (SELECT * FROM credit_records_subject x WHERE x.id = c.subject_id LIMIT 1) b
"""
_FOUND = f"""
SELECT s.ctid AS place, s.row, k.subject_id AS subject, told.*,
       CASE WHEN told.weight IS NULL AND k.valid AND ({_GIVEN}) = k.by_code
            THEN CASE WHEN k.same_words THEN 'unchanged' ELSE 'update' END ELSE 'create' END AS becomes,
       CASE WHEN {_GIVEN} OR NOT k.valid THEN {_text("CN_BM")} ELSE k.code END AS shown,
       CASE WHEN {_GIVEN} THEN s.document_key WHEN k.valid THEN k.code ELSE '' END AS code
FROM credit_records_intakerow s
CROSS JOIN LATERAL (
    SELECT * FROM (
        {_KNOWN.format(by_code="true")} WHERE {_GIVEN} AND c.code = s.document_key
        UNION ALL
        ({_KNOWN.format(by_code="false")}
         WHERE c.subject_id = ({SUBJECT_OF_ROW}) AND c.made_on = s.decision_date
           AND c.department_id = %(department)s AND c.cause = {SAID["cause"]}
         ORDER BY c.state <> 'valid', c.id LIMIT 1)
    ) known ORDER BY by_code DESC LIMIT 1
) k
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN k.by_code AND NOT k.own THEN 'commitment.code_elsewhere'
        WHEN k.by_code AND NOT k.valid THEN 'commitment.code_withdrawn'
        WHEN k.by_code = ({_GIVEN}) AND k.valid AND NOT k.same_thing THEN 'commitment.other_thing'
        WHEN {_GIVEN} AND NOT k.by_code AND k.valid THEN 'commitment.maybe_double'
        WHEN NOT ({_GIVEN}) AND NOT k.valid THEN 'commitment.withdrawn_before' END AS fault
) f
CROSS JOIN LATERAL (
    SELECT f.fault, CASE WHEN f.fault IN ('commitment.maybe_double', 'commitment.withdrawn_before') THEN 'hold'
                         WHEN f.fault IS NOT NULL THEN 'reject' END AS weight,
        CASE f.fault
        WHEN 'commitment.code_elsewhere' THEN
            '承诺编码' || k.code || '是其他单位登记的承诺，请核对编码；其他单位的承诺由其他单位报送。'
        WHEN 'commitment.code_withdrawn' THEN
            '承诺' || k.code || '已撤回，编码不再使用，请删除此行；确需重新登记的，请另行编码或者留空由系统编码。'
        WHEN 'commitment.other_thing' THEN
            '承诺' || k.code || '已登记，而承诺人或者承诺类型与登记的不同，请核对；登记有误的，请先撤回该承诺再重新登记。'
        WHEN 'commitment.maybe_double' THEN
            '该承诺人同一天、同一事由的承诺已登记，编码为' || k.code || '。确为另一件承诺的，请说明理由，由审核员核定。'
        WHEN 'commitment.withdrawn_before' THEN
            '本单位撤回过该承诺人同一天、同一事由的承诺(' || k.code || ')。确需重新登记的，请说明理由，由审核员核定。'
        END AS message
) told
WHERE s.batch_id = %(batch)s AND s.verdict <> 'reject'
"""
_APPLYING = """
SELECT m.id, m.kind, m.name FROM commitments_commitmentmatter m
WHERE m.department_id = %(department)s AND m.name = s.details ->> 'CN_SX' AND m.published_on <= s.decision_date
  AND (m.ended_on IS NULL OR m.ended_on > s.decision_date)
ORDER BY m.id DESC LIMIT 1
"""
_MATTERS = f"""
SELECT s.ctid AS place, s.row, s.subject_id AS subject, s.document_number AS shown, s.document_key AS code,
       s.action AS becomes,
       CASE WHEN m.id IS NULL THEN 'commitment.matter_not_in_force' ELSE 'commitment.other_kind_of_matter' END AS fault,
       'reject' AS weight,
       CASE WHEN m.id IS NULL THEN '本单位的承诺事项清单中，当天没有公布施行的“' || (s.details ->> '{_MATTER}')
                                   || '”，请核对事项名称和承诺作出日期；不在清单中的留空。'
            ELSE '“' || m.name || '”在清单中是另一种承诺类型，请改正承诺类型或者承诺事项。' END AS message
FROM credit_records_intakerow s
LEFT JOIN LATERAL ({_APPLYING}) m ON true
WHERE s.batch_id = %(batch)s AND s.verdict <> 'reject' AND s.details ->> '{_MATTER}' IS NOT NULL
  AND (m.id IS NULL OR m.kind <> {_KIND})
"""
_RESTRICTED = f"""
SELECT s.ctid AS place, s.row, s.subject_id AS subject, s.document_number AS shown, s.document_key AS code,
       s.action AS becomes, 'commitment.restricted' AS fault, 'hold' AS weight, r.message
FROM credit_records_intakerow s
CROSS JOIN LATERAL (SELECT ({SUBJECT_OF_ROW}) AS id OFFSET 0) b
CROSS JOIN LATERAL (
    SELECT x.message
    FROM unnest(%(subjects)s::bigint[], %(kinds)s::text[], %(since)s::date[], %(messages)s::text[])
        AS x (subject, kind, since, message)
    WHERE x.subject = b.id AND x.kind = {_KIND} AND x.since <= s.decision_date LIMIT 1
) r
WHERE s.batch_id = %(batch)s AND s.verdict <> 'reject' AND s.action = 'create' AND b.id = ANY(%(subjects)s)
"""
_LOCKED = """
SELECT count(*) FROM (
    SELECT c.id FROM commitments_commitment c WHERE c.id = ANY(ARRAY(
        SELECT k.id FROM credit_records_intakerow s
        CROSS JOIN LATERAL (SELECT x.id FROM commitments_commitment x WHERE x.code = s.document_key LIMIT 1) k
        WHERE s.batch_id = %s AND s.verdict = 'accept' AND s.document_key <> ''
    )) ORDER BY c.id FOR UPDATE) held
"""
_NEW = f"""
INSERT INTO commitments_commitment
    (code, code_taken_over, subject_id, kind, made_on, department_id, case_number, state, registered_at, registered_by_id,
     withdrawn_reason, matter_id, template_id, {", ".join(SAID)})
SELECT s.document_key, {_GIVEN}, {SUBJECT_OF_ROW}, {_KIND}, s.decision_date, %(department)s, '', 'valid', %(now)s,
    %(actor)s, '', m.id, (
        SELECT t.id FROM commitments_mattertemplate t
        WHERE t.matter_id = m.id AND t.state = 'confirmed' AND t.in_force_from <= s.decision_date
        ORDER BY t.in_force_from DESC, t.number DESC LIMIT 1
    ), {", ".join(SAID.values())}
FROM credit_records_intakerow s
LEFT JOIN LATERAL ({_APPLYING}) m ON true
WHERE s.batch_id = %(batch)s AND s.verdict = 'accept' AND s.action = 'create'
ORDER BY s.row
RETURNING id
"""
_CHANGED = f"""
WITH wanted AS MATERIALIZED (
    SELECT k.id, {", ".join(f"{said} AS {column}" for column, said in SAID.items())}
    FROM credit_records_intakerow s
    CROSS JOIN LATERAL (SELECT x.id FROM commitments_commitment x WHERE x.code = s.document_key LIMIT 1) k
    WHERE s.batch_id = %(batch)s AND s.verdict = 'accept' AND s.action = 'update'
)
UPDATE commitments_commitment c SET {", ".join(f"{column} = w.{column}" for column in SAID)}
FROM wanted w WHERE c.id = w.id AND c.department_id = %(department)s AND c.state = 'valid'
RETURNING c.id
"""
_TASKS = """
INSERT INTO commitments_verification
    (commitment_id, number, asks, from_on, limit_id, period_of_id, due_on, due_provisional, state, ordered_at, how)
SELECT of.id, 1, '', %(today)s, %(limit)s, own.template, coalesce(own.due, %(due)s),
       coalesce(own.provisional, %(provisional)s), 'open', %(now)s, ''
FROM unnest(%(ids)s::bigint[]) AS of (id)
LEFT JOIN commitments_commitment c ON c.id = of.id
LEFT JOIN unnest(%(templates)s::bigint[], %(own_due)s::date[], %(own_provisional)s::bool[])
    AS own (template, due, provisional) ON own.template = c.template_id
RETURNING id
"""
# The wordings with a period of their own among those of the new commitments.
_OWN_PERIODS = """
SELECT DISTINCT c.template_id FROM commitments_commitment c
WHERE c.id = ANY(%(ids)s) AND c.template_id IN (
    SELECT t.id FROM commitments_mattertemplate t WHERE t.verify_within IS NOT NULL)
"""
_OWING = """
SELECT c.id, s.details ->> %(column)s FROM credit_records_intakerow s
CROSS JOIN LATERAL (SELECT x.id FROM commitments_commitment x WHERE x.code = s.document_key LIMIT 1) c
WHERE s.batch_id = %(batch)s AND s.verdict = 'accept' AND s.action = 'create' AND s.details ->> %(column)s IS NOT NULL
ORDER BY s.row
"""
_MATERIALS = """
INSERT INTO commitments_owedmaterial
    (commitment_id, number, name, days, from_on, due_on, due_provisional, state, note)
SELECT of.commitment, of.number, of.name, of.days, %(today)s, of.due, of.provisional, 'owed', ''
FROM unnest(%(commitments)s::bigint[], %(numbers)s::int[], %(names)s::text[], %(days)s::int[], %(due)s::date[],
            %(provisional)s::bool[]) AS of (commitment, number, name, days, due, provisional)
RETURNING id
"""
_PROMISOR = "coalesce(s.subject_code, s.id_index, 'n:' || s.name_key)"


class CommitmentSink:
    checks: Sequence[RowCheck] = (check_commitments,)

    def reject_repeats(self, batch: IntakeBatch, place: Place) -> None:
        _reject_same_codes(batch, place)
        reject_repeats(
            batch,
            place,
            key=f"{_PROMISOR}, s.decision_date, {SAID['cause']}",
            which="s.document_key = ''",
            same="承诺人、作出日期和事由相同；确为两件的，请填写各自的承诺编码",
        )

    def match(self, batch: IntakeBatch, place: Place) -> Counts:
        if _MATTER in columns_of(batch):
            judge(batch, place, found=_MATTERS)
        judge(batch, place, found=_FOUND)
        reject_kept_commitments(batch, place, differs=_REWORDED)
        _hold_restricted(batch, place)
        # Two rows can name one commitment, by its code and by what it says.
        _reject_same_codes(batch, place)
        return counts_of(batch)

    def submit(self, batch: IntakeBatch, *, actor: User, state: str, now: datetime) -> None:
        """Rows wait for their review as they are staged."""

    def take_back(self, batch: IntakeBatch, *, reason: str) -> None:
        """Nothing has become of the rows yet."""

    def send_back(self, batch: IntakeBatch, *, reviewer: User, reason: str) -> None:
        """Nothing has become of the rows yet."""

    def publish(
        self, batch: IntakeBatch, *, reviewer: User, submitter_id: int, reason: str, now: datetime
    ) -> None:
        """Judge once more what has waited, then register what is new and amend what has changed."""
        lock_commitments(batch)
        rejudged(self, batch)
        give_codes(batch, batch.department.division)
        merge_subjects(batch_id=batch.pk, now=now)
        params = {
            "batch": batch.pk,
            "department": batch.department_id,
            "actor": submitter_id,
            "now": now,
        }
        try:
            with transaction.atomic():
                created = ids_of(_NEW, params)
        except IntegrityError as error:
            raise Refused(
                "commitment.code_taken", "批次中的承诺编码刚刚被登记，请刷新后再点发布。"
            ) from error
        history_of(Commitment, created, "+")
        changed = ids_of(_CHANGED, params)
        history_of(Commitment, changed, "~")
        _follow_up(batch, created, now=now)
        queue_telling(batch, actor=reviewer)


def _reject_same_codes(batch: IntakeBatch, place: Place) -> None:
    reject_repeats(batch, place, key="s.document_key", which="s.document_key <> ''", same="承诺编码相同")


def _hold_restricted(batch: IntakeBatch, place: Place) -> None:
    """New commitments of those from whom none of the kind is taken; nothing is asked of the rows when nobody is."""
    lines = [(one, kind) for one in obstacles.restricted(today()) for kind in one.kinds]
    if lines:
        judge(
            batch,
            place,
            found=_RESTRICTED,
            more={
                "subjects": [one.subject_id for one, _ in lines],
                "kinds": [kind for _, kind in lines],
                "since": [one.since for one, _ in lines],
                "messages": [one.message for one, _ in lines],
            },
        )


def lock_commitments(batch: IntakeBatch) -> None:
    """Hold the commitments that the rows name until the transaction ends, in the order of their keys."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCKED, [batch.pk])


def rejudged(sink: Any, batch: IntakeBatch) -> None:
    """Match the rows again under lock: what has happened since the submission counts. Refused when nothing is left."""
    take_counts(batch, sink.match(batch, place_of(batch)))
    if not batch.accepted:
        raise Refused(
            "batch.nothing_left", "提交以后情况有变，本批次已没有可入库的行，请退回录入员重新检查。"
        )


def history_of(model: Any, ids: list[int], kind: str) -> None:
    if ids:
        bulk.write_history(model, kind=kind, where=sql.SQL("id = ANY(%s)"), params=[ids])


def _follow_up(batch: IntakeBatch, created: list[int], *, now: datetime) -> None:
    """The first task of each new commitment, and what is owed: from today, as at the counter."""
    if not created:
        return
    today = local_day(now)
    task = Verification(from_on=today, limit=limit_for(LIMIT, today))
    calendar = calendar_for(batch.department.division)
    due = verification_due(task, today=today, calendar=calendar)
    if due is None:
        raise Refused("verification.no_limit", "无法计算核查期限，请检查办理时限设置。")
    own = MatterTemplate.objects.in_bulk(ids_of(_OWN_PERIODS, {"ids": created}))
    own_due = [due_by(one.period, today, calendar) for one in own.values() if one.period is not None]
    params = {
        "today": today,
        "limit": task.limit_id,
        "templates": list(own),
        "own_due": [one.day for one in own_due],
        "own_provisional": [one.provisional for one in own_due],
        "due": due.day,
        "provisional": due.provisional,
        "now": now,
        "ids": created,
    }
    history_of(Verification, ids_of(_TASKS, params), "+")
    _owe(batch, today, calendar)


def _owe(batch: IntakeBatch, today: date, calendar: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_OWING, {"batch": batch.pk, "column": OWED})
        owing = cursor.fetchall()
    pieces = [
        (commitment_id, number, one)
        for commitment_id, text in owing
        for number, one in enumerate(_pieces(text), start=1)
    ]
    if not pieces:
        return
    due: dict[int, tuple[date, bool]] = {}
    for days in {one.days for _, _, one in pieces}:
        found = owed_due(OwedMaterial(days=days, from_on=today), today=today, calendar=calendar)
        if found.due is None:
            raise Refused("owed.no_day", "无法计算补交期限，请检查工作日历。")
        due[days] = found.due, found.provisional
    params = {
        "commitments": [commitment_id for commitment_id, _, _ in pieces],
        "numbers": [number for _, number, _ in pieces],
        "names": [one.name for _, _, one in pieces],
        "days": [one.days for _, _, one in pieces],
        "due": [due[one.days][0] for _, _, one in pieces],
        "provisional": [due[one.days][1] for _, _, one in pieces],
        "today": today,
    }
    history_of(OwedMaterial, ids_of(_MATERIALS, params), "+")


def _pieces(text: str) -> Sequence[Owed]:
    found = parse_owed(text)
    return found if isinstance(found, tuple) else ()
