"""Each hard rule by itself: when it speaks, what it says, and by how much."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from lotsen.domain.availability import Absence, Availability, ExtraTime, WeeklyTime
from lotsen.domain.vocabulary import (
    CredentialKind,
    Gender,
    GuideStatus,
    Level,
    Mode,
    ReasonCode,
    WishKind,
    WishWeight,
)
from lotsen.matching import rules
from lotsen.matching.profiles import Candidate, Credential, Held, Need, Rules, Window, Wish
from lotsen.matching.reasons import WORDS, Reason
from tests.matching import reference
from tests.matching.factories import BERLIN, FRIDAY, NOW, RULES, TRAVEL, at, candidate, held, need, window


def ask(
    code: ReasonCode,
    asked: Need | None = None,
    guide: Candidate | None = None,
    now: datetime = NOW,
    rules_: Rules = RULES,
) -> Reason | None:
    """Return the reason of one rule, after a look at all of them with the slow reference."""
    asked, guide = asked or need(), guide or candidate()
    found = rules.check(asked, asked.windows[0], guide, rules_, now)
    assert found == reference.check(asked, asked.windows[0], guide, rules_, now)
    return next((one for one in found if one.code is code), None)


def told(reason: Reason | None, code: ReasonCode, margin: int | None, /, **facts: Any) -> None:
    assert reason is not None
    assert (reason.code, reason.margin) == (code, margin)
    assert {name: reason.parameters[name] for name in facts} == facts


def test_nothing_speaks_against_the_ordinary_guide():
    assert rules.check(need(), window(), candidate(), RULES, NOW) == ()


def test_every_reason_has_exactly_one_rule():
    assert set(rules.ALL_RULES) == set(WORDS) == set(ReasonCode)
    assert len({*rules.ALL_RULES.values()}) == len(ReasonCode)


@pytest.mark.parametrize(
    ("status", "until", "speaks", "margin"),
    [
        (GuideStatus.ACTIVE, None, False, None),
        (GuideStatus.LEFT, None, True, None),
        (GuideStatus.LEFT, date(2026, 1, 1), True, None),
        (GuideStatus.PAUSED, None, True, None),
        (GuideStatus.PAUSED, date(2026, 11, 26), False, None),
        (GuideStatus.PAUSED, date(2026, 11, 27), True, 1),
        (GuideStatus.ACTIVE, date(2026, 11, 29), True, 3),
    ],
)
def test_active(status: GuideStatus, until: date | None, speaks: bool, margin: int | None):
    found = ask(ReasonCode.NOT_ACTIVE, guide=candidate(status=status, paused_until=until))
    if speaks:
        told(found, ReasonCode.NOT_ACTIVE, margin, status=status, until=until)
    else:
        assert found is None


def test_language_and_level_are_two_questions():
    stranger = candidate(languages=(("fr", Level.NATIVE),))
    told(ask(ReasonCode.LANGUAGE, guide=stranger), ReasonCode.LANGUAGE, None, wanted="ar")
    assert ask(ReasonCode.LANGUAGE_LEVEL, guide=stranger) is None
    beginner = candidate(languages=(("ar", Level.A2), ("fr", Level.NATIVE)))
    assert ask(ReasonCode.LANGUAGE, guide=beginner) is None
    told(
        ask(ReasonCode.LANGUAGE_LEVEL, guide=beginner),
        ReasonCode.LANGUAGE_LEVEL,
        2,
        level=Level.A2,
        asked=Level.B2,
    )


def test_a_substitute_counts_with_its_own_level():
    guide = candidate(languages=(("ar", Level.B1), ("arz", Level.B2)))
    assert ask(ReasonCode.LANGUAGE_LEVEL, guide=guide) is None
    weaker = candidate(languages=(("ar", Level.A1), ("arz", Level.B1)))
    told(ask(ReasonCode.LANGUAGE_LEVEL, guide=weaker), ReasonCode.LANGUAGE_LEVEL, 1, code="arz")


def test_no_language_at_all_is_a_reason_not_an_error():
    assert [r.code for r in rules.check(need(), window(), candidate(languages=()), RULES, NOW)] == [
        ReasonCode.LANGUAGE
    ]


def test_german_level():
    told(
        ask(ReasonCode.GERMAN_LEVEL, guide=candidate(german_level=Level.A2)),
        ReasonCode.GERMAN_LEVEL,
        2,
        asked=Level.B2,
    )
    assert ask(ReasonCode.GERMAN_LEVEL, guide=candidate(german_level=Level.B2)) is None


def test_mode():
    told(
        ask(ReasonCode.MODE, guide=candidate(modes=frozenset({Mode.PHONE}))),
        ReasonCode.MODE,
        None,
        mode=Mode.ON_SITE,
    )
    told(ask(ReasonCode.MODE, guide=candidate(modes=frozenset())), ReasonCode.MODE, None)


@pytest.mark.parametrize(
    ("place", "home", "named", "reach", "speaks", "margin"),
    [
        ("15", "01", [], None, False, None),  # nothing said: everywhere
        ("14", "01", [], 2, False, None),
        ("15", "01", [], 2, True, 1),
        ("15", "01", [], 0, True, 3),
        ("15", "01", ["15"], 0, False, None),
        ("15", "01", ["14", "01"], None, True, 1),
        ("15", "01", ["02"], 1, True, 2),
        ("09", "01", [], 5, True, None),  # no chain of neighbours known
        ("01", None, [], 3, True, None),
        ("77", "77", [], 0, False, None),
    ],
)
def test_district(
    place: str, home: str | None, named: list[str], reach: int | None, speaks: bool, margin: int | None
):
    guide = candidate(home_district=home, districts=frozenset(named), reach_hops=reach)
    found = ask(ReasonCode.DISTRICT, need(district=place), guide)
    if speaks:
        told(found, ReasonCode.DISTRICT, margin, district=place, home=home)
    else:
        assert found is None


def test_district_does_not_matter_by_phone_or_where_it_is_unknown():
    far = candidate(districts=frozenset({"15"}))
    assert ask(ReasonCode.DISTRICT, need(mode=Mode.PHONE), far) is None
    assert ask(ReasonCode.DISTRICT, need(district=None), far) is None


def test_availability_and_absence_are_two_questions():
    mornings = Availability(
        weekly=(WeeklyTime(4, time(8), time(10, 20)),), absences=(Absence(FRIDAY, FRIDAY),)
    )
    told(ask(ReasonCode.NOT_AVAILABLE, guide=candidate(availability=mornings)), ReasonCode.NOT_AVAILABLE, 40)
    told(
        ask(ReasonCode.ABSENT, guide=candidate(availability=mornings)),
        ReasonCode.ABSENT,
        60,
        first=FRIDAY,
        last=FRIDAY,
    )
    assert ask(ReasonCode.ABSENT) is None


def test_closed_days_suspend_the_weekly_pattern_only():
    closed = Rules(BERLIN, TRAVEL, frozenset({FRIDAY}))
    assert ask(ReasonCode.NOT_AVAILABLE, rules_=closed) == Reason(ReasonCode.NOT_AVAILABLE, {}, 60)
    extra = candidate(availability=Availability(extra=(ExtraTime(FRIDAY, time(10), time(11)),)))
    assert ask(ReasonCode.NOT_AVAILABLE, guide=extra, rules_=closed) is None


@pytest.mark.parametrize(
    ("start", "end", "margin"),
    [(at(9), at(10), None), (at(11), at(12), None), (at(9), at(10, 20), 20), (at(10, 15), at(10, 30), 15)],
)
def test_overlap(start: datetime, end: datetime, margin: int | None):
    for mode in Mode:
        found = ask(ReasonCode.OVERLAP, guide=candidate(held=(held(start, end, mode=mode),)))
        if margin is None:
            assert found is None
        else:
            told(found, ReasonCode.OVERLAP, margin, start=start, end=end)


def test_overlap_names_the_longest():
    guide = candidate(held=(held(at(9), at(10, 10)), held(at(10, 30), at(12), request_id=401)))
    told(ask(ReasonCode.OVERLAP, guide=guide), ReasonCode.OVERLAP, 30, request=401)


@pytest.mark.parametrize(
    ("start", "end", "place", "margin"),
    [
        (at(8), at(9, 45), "01", None),
        (at(8), at(9, 50), "01", 5),
        (at(9), at(10), "01", 15),
        (at(8), at(9, 45), "02", 5),
        (at(8), at(9, 45), None, 25),
        (at(11, 10), at(12), "01", 5),
        (at(11, 10), at(12), "15", 35),
        (at(9), at(10, 20), "15", None),  # overlaps: another rule's business
    ],
)
def test_travel_is_needed_before_and_after(
    start: datetime, end: datetime, place: str | None, margin: int | None
):
    found = ask(ReasonCode.TRAVEL, guide=candidate(held=(held(start, end, district=place),)))
    if margin is None:
        assert found is None
    else:
        told(
            found, ReasonCode.TRAVEL, margin, start=start, district=place, travel=TRAVEL.minutes(place, "01")
        )


def test_travel_names_the_tightest_side():
    guide = candidate(held=(held(at(8), at(9, 50)), held(at(11, 5), at(12), request_id=401)))
    told(ask(ReasonCode.TRAVEL, guide=guide), ReasonCode.TRAVEL, 10, request=401)


def test_remote_appointments_need_no_travel():
    beside = held(at(9), at(10), district=None, mode=Mode.VIDEO)
    assert ask(ReasonCode.TRAVEL, guide=candidate(held=(beside,))) is None
    assert (
        ask(ReasonCode.TRAVEL, need(mode=Mode.PHONE, district=None), candidate(held=(held(at(9), at(10)),)))
        is None
    )


POLICE, OATH = CredentialKind.POLICE_CERTIFICATE, CredentialKind.CONFIDENTIALITY


@pytest.mark.parametrize(
    ("proofs", "speaks", "margin", "kinds"),
    [
        ([], True, None, ("police_certificate",)),
        ([Credential(POLICE, date(2026, 1, 1))], False, None, ()),
        ([Credential(POLICE, FRIDAY, FRIDAY)], False, None, ()),
        ([Credential(POLICE, date(2021, 1, 1), date(2026, 11, 24))], True, 3, ("police_certificate",)),
        ([Credential(POLICE, date(2026, 11, 28))], True, 1, ("police_certificate",)),
        ([Credential(OATH, date(2026, 1, 1))], True, None, ("police_certificate",)),
        (
            [Credential(POLICE, date(2016, 1, 1), date(2021, 1, 1)), Credential(POLICE, date(2021, 1, 1))],
            False,
            None,
            (),
        ),
    ],
)
def test_credential(proofs: list[Credential], speaks: bool, margin: int | None, kinds: tuple[str, ...]):
    found = ask(
        ReasonCode.CREDENTIAL, need(credentials=frozenset({POLICE})), candidate(credentials=tuple(proofs))
    )
    if speaks:
        told(found, ReasonCode.CREDENTIAL, margin, kinds=kinds)
    else:
        assert found is None


def test_a_missing_proof_is_worse_than_an_ended_one():
    ended = Credential(POLICE, date(2021, 1, 1), date(2026, 11, 20))
    asked = need(credentials=frozenset({POLICE, OATH}))
    found = ask(ReasonCode.CREDENTIAL, asked, candidate(credentials=(ended,)))
    told(
        found,
        ReasonCode.CREDENTIAL,
        None,
        kinds=("confidentiality", "police_certificate"),
        worst="confidentiality",
    )
    oath = Credential(OATH, date(2026, 1, 1))
    found = ask(ReasonCode.CREDENTIAL, asked, candidate(credentials=(ended, oath)))
    told(found, ReasonCode.CREDENTIAL, 7, worst="police_certificate", until=date(2026, 11, 20))


def test_a_proof_must_hold_on_the_local_day():
    late = Window(datetime(2026, 11, 27, 23, 30, tzinfo=UTC), datetime(2026, 11, 28, tzinfo=UTC))
    guide = candidate(credentials=(Credential(POLICE, date(2026, 1, 1), FRIDAY),))
    found = ask(ReasonCode.CREDENTIAL, need(credentials=frozenset({POLICE}), windows=(late,)), guide)
    told(found, ReasonCode.CREDENTIAL, 1)


MUST, NICE = WishWeight.MUST, WishWeight.NICE


def test_a_gender_that_must_be():
    asked = need(wishes=(Wish(WishKind.GENDER, MUST, gender=Gender.FEMALE),))
    told(
        ask(ReasonCode.WISH_GENDER, asked, candidate(gender=Gender.MALE)),
        ReasonCode.WISH_GENDER,
        None,
        wanted=("female",),
    )
    told(ask(ReasonCode.WISH_GENDER, asked), ReasonCode.WISH_GENDER, None, gender=None)
    assert ask(ReasonCode.WISH_GENDER, asked, candidate(gender=Gender.FEMALE)) is None


def test_guides_who_must_or_must_not_come():
    asked = need(wishes=(Wish(WishKind.GUIDE, MUST, guide_id=2), Wish(WishKind.GUIDE, MUST, guide_id=3)))
    told(ask(ReasonCode.WISH_GUIDE, asked), ReasonCode.WISH_GUIDE, None)
    assert ask(ReasonCode.WISH_GUIDE, asked, candidate(3)) is None
    asked = need(wishes=(Wish(WishKind.NOT_GUIDE, MUST, guide_id=1),))
    told(ask(ReasonCode.WISH_NOT_GUIDE, asked), ReasonCode.WISH_NOT_GUIDE, None)
    assert ask(ReasonCode.WISH_NOT_GUIDE, asked, candidate(2)) is None


@pytest.mark.parametrize("kind", WishKind)
def test_a_wish_that_names_nobody_has_no_effect(kind: WishKind):
    assert rules.check(need(wishes=(Wish(kind, MUST),)), window(), candidate(), RULES, NOW) == ()


@pytest.mark.parametrize("rule", [ReasonCode.WISH_GENDER, ReasonCode.WISH_GUIDE, ReasonCode.WISH_NOT_GUIDE])
def test_nice_wishes_exclude_nobody(rule: ReasonCode):
    asked = need(
        wishes=(
            Wish(WishKind.GENDER, NICE, gender=Gender.FEMALE),
            Wish(WishKind.GUIDE, NICE, guide_id=2),
            Wish(WishKind.NOT_GUIDE, NICE, guide_id=1),
        )
    )
    assert ask(rule, asked) is None


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"blocked_institutions": frozenset({7})}, "blocked_institution"),
        ({"conflict_requests": frozenset({417})}, "knows_family"),
        ({"declined_requests": frozenset({417})}, "declined"),
        ({"held": (held(at(14), at(15), request_id=417),)}, "already_asked"),
    ],
)
def test_conflict(changes: dict[str, Any], kind: str):
    told(ask(ReasonCode.CONFLICT, guide=candidate(**changes)), ReasonCode.CONFLICT, None, kinds=(kind,))
    assert ask(ReasonCode.CONFLICT, need(request_id=7, institution_id=417), candidate(**changes)) is None


MONDAY = date(2026, 11, 23)


def test_capacity_of_the_week_counts_monday_to_sunday():
    sunday_before = held(at(9, day=date(2026, 11, 22)), at(12, day=date(2026, 11, 22)))
    monday = held(at(9, day=MONDAY), at(11, day=MONDAY))
    sunday = held(at(9, day=date(2026, 11, 29)), at(10, day=date(2026, 11, 29)), mode=Mode.PHONE)
    guide = candidate(held=(sunday_before, monday, sunday), week_minutes=240)
    assert ask(ReasonCode.CAPACITY_WEEK, guide=guide) is None
    guide = candidate(held=(sunday_before, monday, sunday), week_minutes=230)
    told(ask(ReasonCode.CAPACITY_WEEK, guide=guide), ReasonCode.CAPACITY_WEEK, 10, used=180, limit=230)


def test_capacity_of_the_month_goes_by_the_local_day():
    # 31 October 23:30 UTC is already November in Berlin
    autumn: Held = held(datetime(2026, 10, 31, 23, 30, tzinfo=UTC), datetime(2026, 11, 1, 0, 30, tzinfo=UTC))
    december = held(datetime(2026, 11, 30, 23, 30, tzinfo=UTC), datetime(2026, 12, 1, 1, tzinfo=UTC))
    guide = candidate(held=(autumn, december), month_minutes=100)
    told(ask(ReasonCode.CAPACITY_MONTH, guide=guide), ReasonCode.CAPACITY_MONTH, 20, used=60, limit=100)


@pytest.mark.parametrize("limit", ["week_minutes", "month_minutes"])
def test_no_capacity_is_a_reason(limit: str):
    found = rules.check(need(), window(), candidate(**{limit: 0}), RULES, NOW)
    assert [(one.code, one.margin) for one in found] == [
        (ReasonCode.CAPACITY_WEEK if limit == "week_minutes" else ReasonCode.CAPACITY_MONTH, 60)
    ]


@pytest.mark.parametrize(
    ("limit", "used", "margin"), [(None, 9, None), (3, 2, None), (3, 3, 1), (3, 5, 3), (0, 0, 1)]
)
def test_asks(limit: int | None, used: int, margin: int | None):
    found = ask(ReasonCode.ASKS, guide=candidate(asks_per_week=limit, asks_this_week=used))
    if margin is None:
        assert found is None
    else:
        told(found, ReasonCode.ASKS, margin, used=used, limit=limit)


@pytest.mark.parametrize(
    ("hours", "before", "margin"),
    [
        (24, timedelta(hours=24), None),
        (24, timedelta(hours=23, minutes=30), 30),
        (0, timedelta(0), None),
        (0, timedelta(minutes=-5), 5),
        (2, timedelta(days=-1), 26 * 60),
    ],
)
def test_notice(hours: int, before: timedelta, margin: int | None):
    found = ask(ReasonCode.NOTICE, guide=candidate(notice_hours=hours), now=at(10) - before)
    if margin is None:
        assert found is None
    else:
        told(found, ReasonCode.NOTICE, margin, hours=hours)


def test_all_reasons_are_collected_in_the_order_of_the_rules():
    guide = candidate(
        languages=(), german_level=Level.A1, modes=frozenset(), availability=Availability(), notice_hours=999
    )
    codes = [reason.code for reason in rules.check(need(), window(), guide, RULES, NOW)]
    assert codes == [
        ReasonCode.LANGUAGE,
        ReasonCode.GERMAN_LEVEL,
        ReasonCode.MODE,
        ReasonCode.NOT_AVAILABLE,
        ReasonCode.NOTICE,
    ]
