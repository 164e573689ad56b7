"""The tables of supervision: tasks, letters, proposals, and the files handed in with them."""

from .attachments import Attachment
from .directives import Addressee, Directive, DirectiveTemplate, Matter, Reply
from .imports import TaskImport
from .proposals import Proposal
from .reply_drafts import ReplyDraft
from .tasks import Duty, Task

__all__ = [
    "Addressee",
    "Attachment",
    "Directive",
    "DirectiveTemplate",
    "Duty",
    "Matter",
    "Proposal",
    "Reply",
    "ReplyDraft",
    "Task",
    "TaskImport",
]
