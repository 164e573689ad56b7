"""Addresses and helpers for the tests of the pages of intake."""

from __future__ import annotations

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from ..builders import company_code, penalty

CODE, NAME, FINE = "行政相对人代码_1(统一社会信用代码)", "行政相对人名称", "罚款金额(万元)"
LIST = "admin:credit_records_intakebatch_changelist"
UPLOAD = "admin:credit_records_intakebatch_add"
PAGE = "admin:credit_records_intakebatch_change"
VERB = "admin:credit_records_intakebatch_verb"
ANNOTATED = "admin:credit_records_intakebatch_annotated"
PROGRESS = "admin:credit_records_intakebatch_progress"
BAD = penalty(2, **{CODE: company_code(2)[:-1] + "?"})


def workbook(*rows, name="处罚.xlsx"):
    book = Workbook()
    sheet = book.active
    sheet.append(["行政处罚信息报送表"])
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    stream = io.BytesIO()
    book.save(stream)
    return SimpleUploadedFile(name, stream.getvalue())


def page_of(batch, **query):
    return reverse(PAGE, args=[batch.pk]) + (
        "?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else ""
    )


def verb_url(batch, name):
    return reverse(VERB, args=[batch.pk, name])


def text_of(response):
    return response.content.decode()


def said(response):
    return [str(message) for message in response.context["messages"]]
