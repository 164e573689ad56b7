"""Years of records, made inside the database: what the intake and the lists meet in a city that has long used it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from django.db import connection, transaction

from accounts.models import Department
from accounts.services import system_account
from audit.acts import act
from bench.scene import Scene
from credit_records.rules.identifiers import make_uscc

DEPARTMENTS = 40
SUBJECTS = 300_000
_BYTES_PER_RECORD = 4_000
_AT_ONCE = 250_000

# The codes say DEM, and with the X behind it none is a code of `material`; they have no valid check digit.
_SUBJECTS = """
INSERT INTO credit_records_subject
    (kind, code, name, name_key, legal_representative, region, industry, state, registration_number, id_type,
     id_sealed, id_masked, created_at)
SELECT 'legal_person', '91640100DEMX' || lpad(n::text, 6, '0'), name, name, '示例', '640100', '', 'existing', '', '', '',
       '', now()
FROM (
    SELECT n, (ARRAY['银川', '金凤', '兴庆', '西夏', '灵武', '永宁', '贺兰'])[1 + n %% 7] || '示例'
        || substr(%(syllables)s, 1 + n * 7 %% length(%(syllables)s), 1)
        || substr(%(syllables)s, 1 + n / 61 %% length(%(syllables)s), 1)
        || (ARRAY['商贸', '食品', '建材', '物流', '餐饮', '科技', '药业', '农牧', '机械', '劳务', '装饰'])[1 + n %% 11]
        || (ARRAY['有限公司', '有限责任公司', '股份有限公司'])[1 + n %% 3] || '第' || n || '分部' AS name
    FROM generate_series(1, %(subjects)s) n
) named
"""
_NAMES = """
INSERT INTO credit_records_subjectname (subject_id, name, name_key, kind)
SELECT id, name, name_key, 'current' FROM credit_records_subject WHERE code LIKE '91640100DEMX%%'
UNION ALL
SELECT id, '驼铃' || name, '驼铃' || name_key, 'former' FROM credit_records_subject
WHERE code LIKE '91640100DEMX%%' AND id %% 20000 = 0
"""
_RECORDS = """
INSERT INTO credit_records_record
    (item_id, version_id, department_id, subject_id, business_key, document_number, document_key, decision_date,
     authority_name, authority_code, kinds, fine, details, digest, state, disclosure, severity, rule_set,
     publicity_start, publicity_earliest_end, publicity_latest_end, entered_by_id, entered_at, state_reason)
SELECT %(item)s, %(version)s, d.id, s.id, number || '|' || s.name_key, number, number, day, d.name, d.code,
    ARRAY['罚款'], (n %% 2000) / 100.0,
    jsonb_build_object('CF_XDR_MC', s.name, 'CF_XDR_SHXYM', s.code, 'CF_WSH', number, 'CF_CFJG', d.name,
        'CF_WFXW', '未按规定明码标价', 'CF_JDRQ', day, 'CF_CFLB', ARRAY['罚款'], 'CF_NR_FK', (n %% 2000) / 100.0,
        'CF_SY', '经查，执法人员在当事人经营场所检查时发现当事人未按规定明码标价，涉案货值' || n || '元。'),
    md5(n::text),
    CASE WHEN n %% 20 = 7 THEN 'submitted' WHEN n %% 50 = 3 THEN 'withdrawn' WHEN n %% 40 = 1 THEN 'ended'
         ELSE 'published' END,
    'public', 'general', 'ndrc-36', day, day + 90, day + 365, %(clerk)s, now(), ''
FROM (
    SELECT n, '示例罚〔' || 2024 + n %% 3 || '〕' || n || '号' AS number, date '2024-07-01' + (n * 7919 %% 730)::int AS day,
        (%(departments)s::bigint[])[1 + n %% %(many)s] AS department_id,
        %(first_subject)s + n * 104729 %% %(subjects)s AS subject_id
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
) made
JOIN accounts_department d ON d.id = made.department_id
JOIN credit_records_subject s ON s.id = made.subject_id
ORDER BY n
"""
_SYLLABLES = "安邦昌诚达德鼎丰福广海恒宏华汇吉佳嘉建金晋景聚凯康乐利隆茂明宁鹏启庆荣瑞润盛顺泰天通旺祥鑫兴旭洋益永裕源远泽正中众卓"


def departments() -> list[int]:
    """Forty departments, the one of the scene among them."""
    with act("bench.departments", actor=system_account()):
        for number in range(Department.objects.count(), DEPARTMENTS):
            Department.objects.create(
                code=make_uscc("11", "640100", f"DEP{number + 100:05d}"),
                name=f"示例委办局{number}",
                level="city",
                division="640100",
            )
    return list(Department.objects.order_by("pk").values_list("pk", flat=True))


def fill(records: int, scene: Scene, *, subjects: int = SUBJECTS) -> float:
    """So many records over 40 departments and 24 months, with histories; returns the seconds it took."""
    _room_for(records)
    start = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        places = departments()
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(_SUBJECTS, {"subjects": subjects, "syllables": _SYLLABLES})
        cursor.execute(_NAMES, {})
        cursor.execute("SELECT min(id) FROM credit_records_subject WHERE code LIKE '91640100DEMX%'")
        params = {
            "item": scene.item.pk,
            "version": scene.item.versions.values_list("pk", flat=True)[0],
            "clerk": scene.clerk.pk,
            "departments": places,
            "many": len(places),
            "subjects": subjects,
            "first_subject": cursor.fetchone()[0],
        }
    for first in range(1, records + 1, _AT_ONCE):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica; SET LOCAL synchronous_commit = off")
            cursor.execute(_RECORDS, {**params, "first": first, "last": min(first + _AT_ONCE - 1, records)})
            _history_since(cursor)
        print(f"\r  {min(first + _AT_ONCE - 1, records):,} records", end="", flush=True)
    print()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return time.perf_counter() - start


def _history_since(cursor: object) -> None:
    from credit_records.models import Record

    history = Record.history.model  # type: ignore[attr-defined]
    own = {
        "history_id",
        "history_date",
        "history_type",
        "history_user_id",
        "history_change_reason",
        "event_id",
    }
    names = ", ".join(f.column for f in history._meta.concrete_fields if f.column not in own)
    cursor.execute(  # type: ignore[attr-defined]
        f"INSERT INTO credit_records_historicalrecord ({names}, history_date, history_type)"
        f" SELECT {names}, now(), '+' FROM credit_records_record r"
        " WHERE id > (SELECT coalesce(max(id), 0) FROM credit_records_historicalrecord)"
    )


def _room_for(records: int) -> None:
    """A full disk would stop the server for everybody."""
    needed = records * _BYTES_PER_RECORD
    free = shutil.disk_usage(Path.cwd()).free
    if free < needed * 1.3:
        raise SystemExit(
            f"{records:,} records need about {needed / 1e9:.0f} GB of disk, {free / 1e9:.0f} GB are free"
        )
