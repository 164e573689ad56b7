"""A list and a question about one object never disagree: random people, dates, grants and objects."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client, RequestFactory
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.grants.reach import all_grants
from accounts.models import Department, Membership, Role, User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import now, today
from credit_records.models import Record

from .expectations import MODELS
from .matrix.asking import undone

IN_FORCE, OVER, TO_COME = (-5, 5), (-5, -1), (1, 5)
DAYS = (IN_FORCE, (0, 0), OVER, TO_COME, (-5, None), (1, None))
FREE = (Role.AUDITOR, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)


@pytest.fixture
def newcomer(inhabited):
    """An account that holds nothing yet."""
    with act("test.newcomer", actor=inhabited.system):
        return User.objects.create(
            username="newcomer", display_name="示例", department=inhabited.scjg, is_staff=True
        )


def held():
    return st.tuples(st.sampled_from(Role), st.integers(0, 8), st.sampled_from(DAYS))


def granted():
    """Which table, which of its rights, which object, which days, and whether it was taken back."""
    number = st.integers(0, 40)
    return st.tuples(
        number, number, number, st.sampled_from([IN_FORCE, (0, 0), OVER, TO_COME]), st.booleans()
    )


def _opens(days: tuple[int, int | None]) -> bool:
    first, last = days
    return first <= 0 and (last is None or last >= 0)


def _live(city, person: User, roles, grants, superuser: bool) -> User:
    """The person with these roles and grants, past the services (which refuse some of them)."""
    bodies = list(Department.objects.order_by("pk"))
    day = today()
    with act("test.live", actor=city.system):
        person.is_superuser = superuser
        person.save(update_fields=["is_superuser"])
        for number, (role, body, (first, last)) in enumerate(roles):
            department = None if role in FREE else bodies[body % len(bodies)]
            # An open end only once for the same role: the database holds it.
            until = day + timedelta(300 + number if last is None else last)
            Membership.objects.create(
                user=person, role=role, department=department, since=day + timedelta(first), until=until
            )
        for table, right, thing, (first, last), revoked in grants:
            kind = all_grants()[table % len(all_grants())]
            things = list(kind.model._default_manager.order_by("pk"))
            name = list(kind.rights)[right % len(kind.rights)]
            model = kind.model
            permission = Permission.objects.get(
                content_type=ContentType.objects.get_for_model(model),
                codename=f"{name}_{model._meta.model_name}",
            )
            values = (
                {"revoked_at": now(), "revoked_by": city.officer, "revoke_reason": "示例"} if revoked else {}
            )
            wanted = {"content_object": things[thing % len(things)], "permission": permission, "user": person}
            if kind.users.given.filter(**wanted).exists():
                continue
            kind.users.given.create(
                **wanted, origin="co_handling", reason="示例", since=day + timedelta(first), until=day + timedelta(last),
                given_by=city.officer, given_at=now(), **values,
            )  # fmt: skip
    return User.objects.get(pk=person.pk)


@given(
    roles=st.lists(held(), max_size=3),
    grants=st.lists(granted(), max_size=3),
    superuser=st.booleans(),
    data=st.data(),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lists_and_objects_agree_for_everybody_and_only_what_is_in_force_opens_anything(
    inhabited, newcomer, roles, grants, superuser, data
):
    with undone():
        person = _live(inhabited, newcomer, roles, grants, superuser)
        plain = _live(inhabited, newcomer, [], [], False) if superuser else person
        in_force = [one for one in roles if _opens(one[2])]
        for model in MODELS:
            policy = policy_for(model)
            everything = list(model._default_manager.order_by("pk")[:60])
            verb = data.draw(st.sampled_from(["view", *policy.rules]), label=model._meta.label)
            listed = set(policy.scope(person, verb).values_list("pk", flat=True))
            seen = set(policy.scope(person, "view").values_list("pk", flat=True))
            assert listed <= seen, (model, verb)
            assert policy.may(person, verb) or not listed, (model, verb)
            if superuser:
                assert set(policy.scope(plain, verb).values_list("pk", flat=True)) == listed, (model, verb)
            # One inside and one outside of each list are asked about; all others stand in the same query.
            inside = next((one for one in everything if one.pk in listed), None)
            outside = next((one for one in everything if one.pk not in listed), None)
            for one in filter(None, (inside, outside)):
                assert policy.allows(person, verb, one) == (one.pk in listed), (model, verb, one.pk)
            if not in_force and model not in (Department, User, Membership):
                assert not {one.pk for one in everything} & seen or _own(model), (model, roles, grants)


def _own(model: type) -> bool:
    """Bookmarks, notices, and what was granted to oneself are one's own, whatever role one holds."""
    name = model._meta.model_name
    return name in ("savedview", "notice") or name.endswith("grant")


@given(roles=st.lists(held(), min_size=1, max_size=2), grants=st.lists(granted(), max_size=3))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_list_page_suggestions_export_history_and_object_page_say_the_same(
    inhabited, newcomer, undrawn, roles, grants
):
    with undone():
        person = _live(inhabited, newcomer, roles, grants, superuser=False)
        seen = set(policy_for(Record).scope(person).values_list("pk", flat=True))
        exported = set(policy_for(Record).scope(person, "export").values_list("pk", flat=True))
        client = Client()
        client.force_login(person)
        listed = client.get(reverse("admin:credit_records_record_changelist"))
        assert listed.status_code == (200 if policy_for(Record).may(person, "view") else 403)
        assert _on_the_page(person) == seen
        with undone():
            taken = client.post(reverse("admin:credit_records_record_export"), {"format": "csv"})
        assert (taken.status_code == 200) == policy_for(Record).may(person, "export")
        if taken.status_code == 200:
            text = taken.content.decode("utf-8-sig")
            for one in Record.objects.all():
                assert (f",{one.document_number}," in text or text.startswith(one.document_number)) <= (
                    one.pk in exported
                )
        for one in Record.objects.order_by("pk"):
            expected = 200 if one.pk in seen else 404
            for page in ("change", "history"):
                path = reverse(f"admin:credit_records_record_{page}", args=[one.pk])
                assert client.get(path).status_code == expected, (page, one.pk)


def _on_the_page(person: User) -> set[int]:
    """The rows of the admin's own list, before it is cut into pages."""
    from django.contrib import admin

    request = RequestFactory().get("/")
    request.user = person
    return set(admin.site._registry[Record].get_queryset(request).values_list("pk", flat=True))
