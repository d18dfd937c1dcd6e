"""Hours that can be true, sums that are free of tax, and codes that people type."""

from datetime import UTC, datetime, timedelta

import pytest

from lotsen.domain import check_code
from lotsen.domain.hours import span_problem, travel_problem
from lotsen.domain.settings import PoolSettings, from_mapping, to_mapping
from lotsen.domain.tax_free import limit_cents, newly_reached
from lotsen.domain.vocabulary import HoursProblem, TaxFreeRule
from lotsen.errors import SettingInvalid

START = datetime(2026, 11, 27, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("end", "now", "problem"),
    [
        (START + HOUR, START + HOUR, None),
        (START + 12 * HOUR, START + 12 * HOUR, None),
        (START, START + HOUR, HoursProblem.ORDER),
        (START - HOUR, START + HOUR, HoursProblem.ORDER),
        (START + 12 * HOUR + timedelta(minutes=1), START + 20 * HOUR, HoursProblem.TOO_LONG),
        (START + 2 * HOUR, START + HOUR, HoursProblem.NOT_OVER),
    ],
)
def test_the_hours_of_an_appointment(end: datetime, now: datetime, problem: HoursProblem | None) -> None:
    assert span_problem(START, end, now) is problem


@pytest.mark.parametrize(
    ("km", "cents", "problem"),
    [
        (0, 0, None),
        (500, 0, None),
        (0, 20000, None),
        (501, 0, HoursProblem.FAR),
        (-1, 0, HoursProblem.FAR),
        (0, 20001, HoursProblem.DEAR),
        (0, -1, HoursProblem.DEAR),
        (3, 310, HoursProblem.TWO_TRAVELS),
    ],
)
def test_the_way_to_an_appointment(km: int, cents: int, problem: HoursProblem | None) -> None:
    assert travel_problem(km, cents) is problem


@pytest.mark.parametrize(
    ("year", "volunteer", "trainer"),
    [
        (2012, 720, 2400),
        (2020, 720, 2400),
        (2021, 840, 3000),
        (2025, 840, 3000),
        (2026, 960, 3300),
        (2031, 960, 3300),
    ],
)
def test_the_tax_free_sum_of_each_year(year: int, volunteer: int, trainer: int) -> None:
    assert limit_cents(TaxFreeRule.VOLUNTEER, year) == 100 * volunteer
    assert limit_cents(TaxFreeRule.TRAINER, year) == 100 * trainer


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (0, 79_99, None),
        (0, 80_00, 80),
        (80_00, 99_99, None),
        (79_00, 100_00, 100),
        (99_99, 100_00, 100),
        (100_00, 300_00, None),
        (100_00, 85_00, None),
    ],
)
def test_a_warning_is_told_when_the_sum_grows_into_it(before: int, after: int, told: int | None) -> None:
    assert newly_reached(before, after, 100_00) == told


def test_the_rule_of_the_tax_free_sum_is_a_setting() -> None:
    assert PoolSettings().tax_free_rule is TaxFreeRule.VOLUNTEER
    trainer = from_mapping({"tax_free_rule": "trainer"})
    assert trainer.tax_free_rule is TaxFreeRule.TRAINER
    assert to_mapping(trainer) == {"tax_free_rule": "trainer"}
    with pytest.raises(SettingInvalid):
        from_mapping({"tax_free_rule": "none"})


def test_a_check_code_is_found_however_it_is_typed() -> None:
    code = check_code.fresh()
    assert len(code) == 23
    assert code != check_code.fresh()
    for typed in (code, code.lower(), code.replace("-", ""), code.replace("-", " "), f" {code} "):
        assert check_code.read(typed) == code
    for wrong in ("", code[:-1], code + "2", "O" + code[1:], "/l/" + code, "é" * 20):
        assert check_code.read(wrong) is None
