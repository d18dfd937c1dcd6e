"""A town's preset becomes a pool once."""

import pytest
from sqlalchemy import Engine, func, select

from lotsen.errors import NotFound
from lotsen.models import AuditEntry, District, DistrictNeighbour, Pool
from lotsen.reference.presets import preset
from lotsen.services import pools
from lotsen.services.unit_of_work import SYSTEM
from tests.factories import bootstrap


def test_neuss_is_set_up_once(engine: Engine):
    begin = bootstrap(engine).begin
    with begin(SYSTEM) as uow:
        with pytest.raises(NotFound):
            pools.default_pool(uow)
        first = pools.create_pool(uow, preset("neuss")).id
    with begin(SYSTEM) as uow:
        pool = pools.create_pool(uow, preset("neuss"))
        assert pool.id == first == pools.default_pool(uow).id
        assert uow.settings(first) == preset("neuss").settings
        assert uow.zone(first).key == "Europe/Berlin"
        for model, count in ((Pool, 1), (District, 28), (DistrictNeighbour, 27), (AuditEntry, 1)):
            assert uow.session.scalar(select(func.count()).select_from(model)) == count
        assert pools.district_names(uow, first)["07"] == "Grimlinghausen"
