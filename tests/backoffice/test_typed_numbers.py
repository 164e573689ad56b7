"""Mobile numbers typed into texts of cases: masked in what is read of a page, kept in what is sent again."""

from __future__ import annotations

import pytest
from django.contrib.admin import site

from backoffice.typed_numbers import mask_page, masking_pages
from casework.models import Case, Letter


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


def test_pages_of_cases_are_masked_but_for_the_one_that_shows_a_number_and_letters_as_issued():
    case, letter = site._registry[Case], site._registry[Letter]
    assert masking_pages(case.history_view) != case.history_view
    for view in (case.reveal_view, letter.change_view):
        assert masking_pages(view) == view
