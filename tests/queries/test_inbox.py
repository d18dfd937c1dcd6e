from datetime import timedelta

import pytest
from sqlalchemy import Engine

from lotsen.domain.vocabulary import AssignmentStatus, InboxTab, RequestStatus
from lotsen.models import GuideRequest
from lotsen.queries import inbox
from lotsen.services.unit_of_work import SYSTEM
from tests import factories


@pytest.mark.parametrize("status", RequestStatus)
@pytest.mark.parametrize("has_reason", [False, True])
def test_every_request_but_a_draft_has_a_tab(status: RequestStatus, has_reason: bool) -> None:
    tab = inbox.tab_of(status, has_reason=has_reason)
    assert (tab is None) is (status is RequestStatus.DRAFT)


def test_rows_stand_where_they_are_counted_in_the_order_of_their_tab(engine: Engine) -> None:
    boot = factories.bootstrap(engine)
    with boot.begin(SYSTEM) as uow:
        pool, guide, request = factories.town(uow)
        later = factories.confirmed(
            uow, factories.open_request(uow, pool.id, factories.START + timedelta(days=2)), guide
        )
        sooner = factories.confirmed(
            uow, factories.open_request(uow, pool.id, factories.START + timedelta(days=1)), guide
        )
        factories.draft(uow, pool.id)
        lapsed = factories.submitted_request(uow, pool.id)
        lapsed.status = RequestStatus.LAPSED
        uow.session.flush()
        counts = inbox.counts(uow.session, pool.id)
        found = {
            tab: [row.id for row in inbox.rows(uow.session, pool.id, tab, offset=0, limit=50)]
            for tab in InboxTab
        }
        assert {tab: len(ids) for tab, ids in found.items()} == counts
        assert found[InboxTab.TO_DO] == [request.id]
        assert found[InboxTab.CONFIRMED] == [sooner.request_id, later.request_id]
        assert found[InboxTab.DONE] == [lapsed.id]
        assert inbox.to_do(uow.session, pool.id) == 1
        assert inbox.counts(uow.session, pool.id + 1) == dict.fromkeys(InboxTab, 0)
        row = inbox.one(uow.session, pool.id, sooner.request_id)
        assert row.starts_at == sooner.starts_at
        assert [one.status for one in row.involved] == [AssignmentStatus.CONFIRMED]
        assert row.answer_by is None
        assert uow.session.get_one(GuideRequest, row.id).reference == row.reference
