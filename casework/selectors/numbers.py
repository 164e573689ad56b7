"""The sealed number of a case, as `accounts.reveals` asks for it."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.reveals import KeptNumber
from casework.models import Case

PHONE = "phone"


def numbers_of_case(case: Case) -> Sequence[KeptNumber]:
    """The applicant's phone."""
    if not case.phone_sealed:
        return ()
    return (KeptNumber(PHONE, "联系电话", case.phone_masked, case.phone_sealed),)
