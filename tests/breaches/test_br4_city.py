from datetime import datetime
import pytest, time
from audit.clock import CHINA
from tests.credit_records.test_demo import small, DAY
from credit_records.demo import city as democity
from commitments import demo as cdemo
from breaches import demo as bdemo
from breaches.models import Breach, DecidedMeasure
from repair.demo import breaches as rdemo
from repair.demo.people import ensure_upper_office
from credit_records.models import Record
from casework.models import Case
pytestmark = pytest.mark.django_db
def test_it(small, monkeypatch):
    now = datetime(2026,11,22,9,30,tzinfo=CHINA)
    democity.load(today=DAY, progress=lambda a,b: None)
    monkeypatch.setattr(cdemo, "_COUNT", 120)
    cdemo.load(now); ensure_upper_office()
    t=time.time(); n=bdemo.load(now); print("LOADED", n, time.time()-t)
    for b in Breach.objects.select_related("case","record","commitment").order_by("pk"):
        print(b.case.number, b.case.state, b.case.outcome, b.degree, b.record and b.record.state, b.case.received_at.date(), b.case.due_on, b.commitment.code, b.case.subject, b.commitment.kind)
    print("REPAIR", rdemo.load(now), Record.objects.filter(item__kind="breach").values_list("state","severity","decision_date"))
    print(bdemo.load(now))
