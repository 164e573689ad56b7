"""登记承诺: find the promisor, choose the matter, fill in what its template has begun. Works without scripts."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.models import Department
from accounts.policy import NotAllowed, NotVisible, policy_for
from audit.clock import today
from audit.faults import Refused
from commitments.models import Attachment, Commitment, CommitmentMatter
from commitments.policies import departments_kept_by
from commitments.selectors.letters import with_promisor, wording_for
from commitments.selectors.matters import matters_applying, template_on
from commitments.services.attachments import attach
from commitments.services.registering import register
from credit_records.models import Subject
from credit_records.selectors.search import search_subjects
from credit_records.services.opening import NewSubject, judged

from .forms import NewSubjectForm, RegisterForm

_FOUND = 20
NO_MATTER = "none"
NEW = "new"
"""In the address instead of a subject. What identifies it is typed into the last form alone: an address is kept in logs."""


def register_address(subject: int | str | None = None, matter: str = "") -> str:
    """The page, filled in with a subject (`NEW` for one that nobody knows yet) and perhaps a matter."""
    query = {name: value for name, value in (("subject", subject), ("matter", matter)) if value}
    url = reverse("admin:commitments_commitment_add")
    return f"{url}?{urlencode(query)}" if query else url


class RegistrationPages:
    """The part of the commitments' admin that takes one in at the counter."""

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.policy.may_create(request.user):
            raise NotAllowed("只有受理单位的录入员和信用办经办人可以登记承诺。")
        subject = self._subject(request)
        if subject is None and request.GET.get("subject") != NEW:
            return self._choose_subject(request)
        given = request.GET.get("matter", "")
        if not given:
            return self._choose_matter(request, subject)
        return self._register(request, subject, self._matter(request, given))

    def _frame(self, request: HttpRequest, step: int) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "登记承诺",
            "at": step,
            "list_url": self.list_url(request),
        }

    # --- steps 1 and 2 --------------------------------------------------------------------------------------------

    @staticmethod
    def _subject(request: HttpRequest) -> Subject | None:
        named = request.GET.get("subject", "")
        if named in ("", NEW):
            return None
        found = None
        if named.isdecimal() and len(named) < 19:
            found = policy_for(Subject).scope(request.user).filter(pk=int(named)).first()
        if found is None:
            raise NotVisible("没有找到这个主体。")
        return found

    def _choose_subject(self, request: HttpRequest) -> HttpResponse:
        text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
        seen = policy_for(Subject).scope(request.user).order_by("name", "pk")
        found = list(search_subjects(seen, text)[: _FOUND + 1]) if text else []
        context = {
            **self._frame(request, 1),
            "q": text,
            "found": [(one, register_address(one.pk)) for one in found[:_FOUND]],
            "more": len(found) > _FOUND,
            "new_url": register_address(NEW) if policy_for(Subject).may_create(request.user) else "",
        }
        return TemplateResponse(request, "commitments/register_subject.html", context)

    def _choose_matter(self, request: HttpRequest, subject: Subject | None) -> HttpResponse:
        named = subject.pk if subject is not None else NEW
        matters = matters_applying(departments_kept_by(request.user), today()).select_related("department")
        context = {
            **self._frame(request, 2),
            "subject": subject,
            "matters": [(one, register_address(named, str(one.pk))) for one in matters],
            "without_url": register_address(named, NO_MATTER),
            "back": register_address(),
        }
        return TemplateResponse(request, "commitments/register_matter.html", context)

    @staticmethod
    def _matter(request: HttpRequest, given: str) -> CommitmentMatter | None:
        if given == NO_MATTER:
            return None
        found = None
        if given.isdecimal() and len(given) < 19:
            matters = matters_applying(departments_kept_by(request.user), today())
            found = matters.select_related("department").filter(pk=int(given)).first()
        if found is None:
            raise NotVisible("没有找到这个承诺事项。")
        return found

    # --- step 3 -------------------------------------------------------------------------------------------------

    def _register(
        self, request: HttpRequest, subject: Subject | None, matter: CommitmentMatter | None
    ) -> HttpResponse:
        own = Department.objects.filter(pk__in=departments_kept_by(request.user)).order_by("pk")
        if matter is not None:
            own = own.filter(pk=matter.department_id)
        bodies = {str(one.pk): one for one in own}
        choices = [(key, one.name) for key, one in bodies.items()]
        sent = request.method == "POST"
        initial = {"made_on": today(), **self._begun(subject, matter)}
        form = RegisterForm(
            choices, request.POST if sent else None, request.FILES if sent else None, initial=initial
        )
        whom = NewSubjectForm(request.POST if sent else None) if subject is None else None
        refused = ""
        # Both are asked, so that everything that is wrong is said at once.
        if sent and all([form.is_valid(), whom is None or whom.is_valid()]):
            try:
                commitment = self._store(request, subject, whom, matter, bodies, form)
            except Refused as refusal:
                refused = refusal.message
            else:
                return self._registered(request, commitment)
        context = {
            **self._frame(request, 3),
            "subject": subject,
            "whom": whom,
            "matter": matter,
            "form": form,
            "refused": refused,
            "wrong": sent,
            "back": register_address(subject.pk if subject is not None else NEW),
        }
        return TemplateResponse(request, "commitments/register.html", context, status=422 if sent else 200)

    @staticmethod
    def _store(
        request: HttpRequest,
        subject: Subject | None,
        whom: NewSubjectForm | None,
        matter: CommitmentMatter | None,
        bodies: dict[str, Department],
        form: RegisterForm,
    ) -> Commitment:
        """The commitment with its scan, and its promisor where that is new: all or nothing."""
        answers = form.answers()
        promisor: Subject | NewSubject
        if subject is None:
            if whom is None:
                raise TypeError("a commitment has a promisor")
            promisor = whom.written()
            known = judged(promisor, today=today())
            for name in ("content", "liability"):
                answers[name] = with_promisor(answers[name], known.name, known.shown_number)
        else:
            promisor = subject
        with transaction.atomic():
            commitment = register(
                promisor,
                actor=request.user,
                department=bodies[form.cleaned_data["department"]],
                matter=matter,
                **answers,
            )
            if form.cleaned_data["signed"]:
                attach(
                    commitment, form.cleaned_data["signed"], actor=request.user, kind=Attachment.Kind.SIGNED
                )
        return commitment

    @staticmethod
    def _begun(subject: Subject | None, matter: CommitmentMatter | None) -> dict[str, Any]:
        """What the matter's wording of today fills in."""
        if matter is None:
            return {}
        begun: dict[str, Any] = {
            "kind": matter.kind,
            "cause": matter.name,
            "department": matter.department_id,
        }
        template = template_on(matter, today())
        if template is not None:
            begun["content"], begun["liability"] = wording_for(template, matter, subject, today())
        return begun

    def _registered(self, request: HttpRequest, commitment: Commitment) -> HttpResponse:
        task = commitment.verifications.get()
        text = f"已登记承诺{commitment.code}，应于{task.due_on}前核查。可以打印承诺书请承诺人签章。"
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(reverse(self._name("change"), args=[commitment.pk]))
