from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from lotsen.domain.vocabulary import AssignmentTrigger
from lotsen.errors import NotFound
from lotsen.queries import detail
from lotsen.reference.presets import preset
from lotsen.services import assignments, pools
from lotsen.services.unit_of_work import SYSTEM
from tests import factories


def test_the_history_joins_request_and_assignments_with_names(engine: Engine) -> None:
    with factories.bootstrap(engine).begin(SYSTEM) as uow:
        pool, guide, request = factories.town(uow)
        asked = factories.offered(uow, request, guide)
        with factories.acting(uow, factories.asked(asked)) as answering:
            assignments.decline(answering, asked.id)
        found = detail.find(uow.session, pool.id, request.id)
        of_guide = [one for one in found.history if one.assignment_id == asked.id]
        assert [one.trigger for one in of_guide] == [AssignmentTrigger.OFFER, AssignmentTrigger.DECLINE]
        assert {one.guide_name for one in of_guide} == {guide.name}
        assert found.current == ()
        assert found.ended == (asked,)
        assert detail.asked_by(found, guide.id) is None


def test_what_holds_a_guides_time_is_told_within_the_pool_only(engine: Engine) -> None:
    with factories.bootstrap(engine).begin(SYSTEM) as uow:
        pool, guide, request = factories.town(uow)
        other = pools.create_pool(uow, replace(preset("neuss"), slug="musterstadt"))
        asked = factories.offered(uow, request, guide)
        span = (asked.starts_at, asked.ends_at)
        taken = detail.taking(uow.session, pool.id, guide.id, *span)
        assert taken is not None
        assert (taken.request_id, taken.reference) == (request.id, request.reference)
        assert detail.taking(uow.session, other.id, guide.id, *span) is None
        after = (asked.ends_at, asked.ends_at + timedelta(hours=1))
        assert detail.taking(uow.session, pool.id, guide.id, *after) is None
        with pytest.raises(NotFound):
            detail.find(uow.session, other.id, request.id)
        with pytest.raises(NotFound):
            detail.check(uow.session, other.id, request.id, asked.id)
        second = factories.open_request(uow, pool.id)
        with pytest.raises(NotFound):
            detail.check(uow.session, pool.id, second.id, asked.id)
        detail.check(uow.session, pool.id, request.id, asked.id)
