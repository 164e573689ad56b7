"""The PDF of a letter: drawn from its frozen sheet, named in its row, written after the commit that names it."""

from __future__ import annotations

import hashlib
import logging

from django.core.files.base import ContentFile
from django.db import transaction

from accounts.models import User
from accounts.policy import policy_for
from accounts.sealing import CannotOpen
from audit.acts import act
from audit.faults import Refused
from casework.letters.typesetting import FontsMissing, GlyphMissing, TypesettingFailed, render
from casework.services.letters import drawn
from oversight.models import Directive
from oversight.selectors.papers import sheet_of

logger = logging.getLogger(__name__)


def attach_pdf(directive: Directive) -> None:
    """Name the PDF in the unsaved row and write it after the commit; what the machine lacks must not stop the office."""
    try:
        pdf = render(sheet_of(directive))
    except (FontsMissing, GlyphMissing):
        return
    except TypesettingFailed:
        logger.exception("letter %s could not be typeset", directive.number)
        return
    _name_file(directive, pdf)
    name = str(directive.file.name)

    def write() -> None:
        _write_file(name, pdf)

    transaction.on_commit(write, robust=True)


def _name_file(directive: Directive, pdf: bytes) -> None:
    directive.sha256 = hashlib.sha256(pdf).hexdigest()
    directive.file.name = (
        f"directives/{directive.year}/{directive.register}-{directive.serial}-{directive.sha256[:16]}.pdf"
    )


def _write_file(name: str, pdf: bytes) -> None:
    storage = Directive._meta.get_field("file").storage
    if not storage.exists(name):
        storage.save(name, ContentFile(pdf, name=name))


def ensure_pdf(directive: Directive, *, actor: User) -> Directive:
    """Make the PDF of a letter that has none, from what was frozen when it was issued."""
    policy_for(Directive).require(actor, "render", directive)
    if directive.state not in Directive.OUT:
        raise Refused("oversight.state", "签发以后才有PDF。")
    if directive.has_pdf:
        return directive
    with act("directive.render", actor=actor, on=directive):
        held = Directive.objects.select_for_update(of=("self",)).get(pk=directive.pk)
        if held.has_pdf:
            return held  # somebody else was quicker
        pdf = drawn(sheet_of(held))
        _name_file(held, pdf)
        _write_file(str(held.file.name), pdf)
        held.save(update_fields=["file", "sha256"])
    return held


def stored_pdf(directive: Directive) -> bytes:
    """The file as it was made; refused when it no longer is what was made (`letter.file_changed`)."""
    try:
        with directive.file.storage.open(directive.file.name) as file:
            pdf: bytes = file.read()
    except (CannotOpen, OSError) as error:
        raise _changed() from error
    if hashlib.sha256(pdf).hexdigest() != directive.sha256:
        raise _changed()
    return pdf


def _changed() -> Refused:
    return Refused(
        "letter.file_changed", "文书文件与出文时的指纹不符，不能下载，请立即告知系统管理员和审计员。"
    )
