"""One of everything of this room, for the worlds that hold at least one row of every model."""

from __future__ import annotations

import io
from datetime import date

import xlsxwriter
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from oversight.rules.task_rows import TITLES, TaskRow
from oversight.services import attachments, directives, duties, importing, proposals, replies, reply_drafts


def answer(part, clerk, reviewer, text="已报。"):
    """A reply as the office gets it: worded by one, confirmed by another."""
    reply_drafts.write(part, actor=clerk, text=text)
    reply_drafts.hand_on(part, actor=clerk)
    return reply_drafts.confirm(part, actor=reviewer)


def add_oversight(world) -> None:
    """A task and a letter of the office for the market supervision, each with a file; the reply was sent back once."""
    row = TaskRow(
        number="2026-01", title="示例任务", content="示例。", lead=world.scjg.pk, responsible=(), period="once",
        first_due=date(2026, 12, 20), until=None,
    )  # fmt: skip
    duty = duties.enter(row, actor=world.officer, office=world.office).duties.get()
    attachments.attach(duty, ContentFile("任务材料示例。".encode(), name="材料.txt"), actor=world.clerk)
    letter = directives.draft(
        actor=world.officer, office=world.office, matter="示例事项", grade="prompt", bodies=[world.scjg],
        facts="示例。", demands="示例。",
    )  # fmt: skip
    letter = directives.sign(directives.submit(letter, actor=world.officer), actor=world.approver)
    addressee = letter.addressees.get()
    attachments.attach(addressee, ContentFile("回复材料示例。".encode(), name="佐证.txt"), actor=world.clerk)
    answer(addressee, world.clerk, world.reviewer, "示例。")
    replies.send_back(addressee, actor=world.officer, reason="示例。")
    fact = proposals.Fact("late-case", "示例", world.office, "示例建议", [world.scjg], "示例。", "/admin/")
    proposals.offer(fact, actor=world.system)
    importing.preview(_workbook(), actor=world.officer, office=world.office)


def _workbook() -> SimpleUploadedFile:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        values = ("2026-02", "示例", "示例", "市场监管", "", "一次", "2026-12-20", "", "", "", "")
        for column, (title, value) in enumerate(zip(TITLES.values(), values, strict=True)):
            sheet.write(0, column, title)
            sheet.write(1, column, value)
    return SimpleUploadedFile("示例.xlsx", out.getvalue())
