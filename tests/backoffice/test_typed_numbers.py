"""Mobile numbers typed into texts: masked in what is read of a page, kept in what is sent again."""

from __future__ import annotations

import pytest
from django.contrib.admin import site
from django.views.decorators.http import require_safe

from accounts.models import User
from backoffice.autocomplete import ScopedAutocomplete
from backoffice.typed_numbers import mask_page, masking_pages, showing_numbers
from casework.models import Case, Letter
from credit_records.models import Subject
from oversight.models import Directive


@pytest.mark.parametrize(
    ("page", "masked"),
    [
        ("<p>电话13912345678，</p>", "<p>电话139****5678，</p>"),
        ("<p>139 1234 5678<br>139-1234-5679</p>", "<p>139****5678<br>139****5679</p>"),
        ('<td title="找13912345678">…</td>', '<td title="找139****5678">…</td>'),
        ("<p>0311-12345678 13912345678901 110101199003070011</p>", None),
        ("<textarea name='a'>\n13912345678</textarea>", None),
        ('<input value="13912345678"><a href="/x/13912345678/">', None),
    ],
    ids=str,
)
def test_what_is_read_is_masked_and_what_is_sent_again_is_kept(page, masked):
    assert mask_page(f"{page}<b>13912345679</b>") == f"{masked or page}<b>139****5679</b>"


AS_TYPED = {"accounts.User", "casework.Letter", "casework.LetterTemplate", "oversight.DirectiveTemplate"}


def test_the_pages_of_every_admin_are_masked_or_have_a_reason_not_to_be():
    for model, one in site._registry.items():
        shown = masking_pages(one.changelist_view) == one.changelist_view
        assert shown == (model._meta.label in AS_TYPED), model._meta.label
        assert not shown or len(one.shows_numbers) > 20


def test_the_page_that_shows_a_number_and_papers_as_issued_are_not_masked_also_behind_a_decorator():
    case, letter, directive = (site._registry[model] for model in (Case, Letter, Directive))
    papers = (letter.print_view, directive.print_view)
    for view in (case.reveal_view, letter.change_view, *papers, *map(require_safe, papers)):
        assert masking_pages(view) == view
    for view in (
        case.history_view,
        directive.object_page,
        require_safe(directive.pdf_view),
        lambda request: None,
    ):
        assert masking_pages(view) != view


@pytest.mark.parametrize(
    "view",
    [
        require_safe(showing_numbers("a paper")(lambda request: None)),
        showing_numbers("a paper")(require_safe(lambda request: None)),
    ],
    ids=["above", "below"],
)
def test_a_view_that_says_why_is_not_masked_whether_it_says_so_above_or_below_other_decorators(view):
    assert masking_pages(view) == view


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (Subject(pk=1, name="示例店13912345678"), "示例店139****5678"),
        (User(pk=1, username="13912345678"), "13912345678"),
    ],
    ids=["masked", "as its pages have it"],
)
def test_suggestions_are_masked_as_the_pages_of_their_kind(one, told):
    view = ScopedAutocomplete(model_admin=site._registry[type(one)])
    assert view.serialize_result(one, "id")["text"].endswith(told)
