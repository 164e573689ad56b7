"""What the list of reports tells of those that the worker is drawing up, or could not."""

from __future__ import annotations

from django.db import connection
from django.urls import reverse
from psycopg.types.json import Json

from supervision.selectors.report.jobs import jobs_of
from supervision.services import reports

LIST = "admin:supervision_report_changelist"


def test_a_failure_is_told_until_a_newer_try_has_succeeded(city, signed_in):
    args = {
        "office_id": city.office.pk,
        "kind": "month",
        "first": "2026-05-01",
        "as_of": "",
        "actor_id": 1,
    }
    ids = []
    with connection.cursor() as cursor:
        for status, office in (
            ("failed", city.office.pk),
            ("failed", 0),
            ("succeeded", city.office.pk),
        ):
            told = Json({**args, "office_id": office})
            cursor.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('default', %s, %s) RETURNING id",
                [reports.TASK, told],
            )
            ids.append(cursor.fetchone()[0])
            for state in ("doing", status):  # the queue's triggers write down when
                cursor.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [state, ids[-1]])
    assert jobs_of([city.office.pk]) == []
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [ids[-1]])
    assert [one.failed for one in jobs_of([city.office.pk])] == [True]
    assert "生成失败，请重试" in signed_in("officer").get(reverse(LIST)).content.decode()
