"""Every reason and every highlight of the matching has its sentence, with names and numbers in it."""

from collections.abc import Generator
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from flask import Flask

from lotsen.domain.availability import Absence, Availability, WeeklyTime
from lotsen.domain.vocabulary import (
    CredentialKind,
    FitPart,
    Gender,
    GuideStatus,
    HighlightCode,
    LanguageFit,
    Level,
    Mode,
    Occasion,
    ReasonCode,
    WishKind,
    WishWeight,
)
from lotsen.matching.highlights import Highlight
from lotsen.matching.profiles import Candidate, Credential, History, Need, Wish
from lotsen.matching.rules import Fact, check
from lotsen.matching.scoring import Fit, fit
from lotsen.web import reasons
from lotsen.web.reasons import Place
from tests.matching.factories import (
    BERLIN,
    FRIDAY,
    NOW,
    RULES,
    WEIGHTS,
    at,
    candidate,
    held,
    need,
    window,
)

PLACE = Place(BERLIN, {"01": "Innenstadt", "02": "Dreikönigenviertel", "14": "Stadionviertel"})


@pytest.fixture(autouse=True)
def english_page() -> Generator[None]:
    """Stand within a request for an English page."""
    app = Flask("tests")
    app.secret_key = "for tests only"
    with app.test_request_context("/?sprache=en"):
        yield


def wish(kind: WishKind, **values: object) -> Wish:
    return replace(Wish(kind, WishWeight.MUST), **values)


FRIDAYS = Availability(weekly=(WeeklyTime(4, time(10, 30), time(23)),))
CASES: list[tuple[ReasonCode, Need, Candidate, str]] = [
    (ReasonCode.NOT_ACTIVE, need(), candidate(status=GuideStatus.LEFT), "Has left the team"),
    (ReasonCode.NOT_ACTIVE, need(), candidate(status=GuideStatus.PAUSED), "Takes a break"),
    (
        ReasonCode.NOT_ACTIVE,
        need(),
        candidate(status=GuideStatus.PAUSED, paused_until=date(2026, 12, 1)),
        "Takes a break until Tuesday, 1 December 2026",
    ),
    (ReasonCode.LANGUAGE, need(), candidate(languages=(("uk", Level.C1),)), "Does not speak Arabic"),
    (
        ReasonCode.LANGUAGE_LEVEL,
        need(),
        candidate(languages=(("ar", Level.B1),)),
        "Arabic: B1, asked for is B2",
    ),
    (ReasonCode.GERMAN_LEVEL, need(), candidate(german_level=Level.B1), "German: B1, asked for is B2"),
    (ReasonCode.MODE, need(), candidate(modes=frozenset({Mode.PHONE})), "Does not work on site"),
    (
        ReasonCode.DISTRICT,
        need(),
        candidate(home_district="02", reach_hops=0),
        "1 district too far, lives in Dreikönigenviertel",
    ),
    (
        ReasonCode.DISTRICT,
        need(),
        candidate(home_district=None, districts=frozenset({"14"})),
        "2 districts too far",
    ),
    (
        ReasonCode.DISTRICT,
        need(),
        candidate(home_district="09", reach_hops=2),
        "The way is too far",
    ),
    (ReasonCode.NOT_AVAILABLE, need(), candidate(availability=Availability()), "Is not free at this time"),
    (
        ReasonCode.NOT_AVAILABLE,
        need(),
        candidate(availability=FRIDAYS),
        "Is free for part of the time only, 30 minutes are missing",
    ),
    (
        ReasonCode.ABSENT,
        need(),
        candidate(availability=replace(FRIDAYS, absences=(Absence(FRIDAY, FRIDAY),))),
        "Is away on Friday, 27 November 2026",
    ),
    (
        ReasonCode.OVERLAP,
        need(),
        candidate(held=(held(at(10, 30), at(11, 30)),)),
        "Has another appointment: Friday, 27 November 2026, 10:30 to 11:30",
    ),
    (
        ReasonCode.TRAVEL,
        need(),
        candidate(held=(held(at(9), at(9, 55)),)),
        "10 minutes too little for the way (15 minutes) from an appointment that ends at 09:55",
    ),
    (
        ReasonCode.TRAVEL,
        need(),
        candidate(held=(held(at(11, 5), at(12)),)),
        "10 minutes too little for the way (15 minutes) to an appointment at 11:05",
    ),
    (
        ReasonCode.CREDENTIAL,
        need(credentials=frozenset({CredentialKind.CONFIDENTIALITY})),
        candidate(),
        "Missing: Confidentiality agreement",
    ),
    (
        ReasonCode.CREDENTIAL,
        need(credentials=frozenset({CredentialKind.CONFIDENTIALITY})),
        candidate(
            credentials=(
                Credential(CredentialKind.CONFIDENTIALITY, date(2020, 1, 1), FRIDAY - timedelta(days=3)),
            )
        ),
        "Confidentiality agreement ends 3 days before",
    ),
    (
        ReasonCode.CREDENTIAL,
        need(credentials=frozenset({CredentialKind.CONFIDENTIALITY})),
        candidate(credentials=(Credential(CredentialKind.CONFIDENTIALITY, FRIDAY + timedelta(days=1)),)),
        "Confidentiality agreement is valid from 1 day later only",
    ),
    (
        ReasonCode.WISH_GENDER,
        need(wishes=(wish(WishKind.GENDER, gender=Gender.FEMALE),)),
        candidate(gender=Gender.MALE),
        "Must be: Woman",
    ),
    (
        ReasonCode.WISH_GUIDE,
        need(wishes=(wish(WishKind.GUIDE, guide_id=9),)),
        candidate(1),
        "Another person is required",
    ),
    (
        ReasonCode.WISH_NOT_GUIDE,
        need(wishes=(wish(WishKind.NOT_GUIDE, guide_id=1),)),
        candidate(1),
        "Not wanted by the institution",
    ),
    (
        ReasonCode.CONFLICT,
        need(),
        candidate(conflict_requests=frozenset({417}), declined_requests=frozenset({417})),
        "Knows the family; Has already declined this request",
    ),
    (
        ReasonCode.CAPACITY_WEEK,
        need(),
        candidate(week_minutes=30),
        "30 minutes more than this person can do in a week (30 minutes)",
    ),
    (
        ReasonCode.CAPACITY_MONTH,
        need(),
        candidate(month_minutes=45),
        "15 minutes more than this person can do in a month (45 minutes)",
    ),
    (
        ReasonCode.ASKS,
        need(),
        candidate(asks_per_week=3, asks_this_week=3),
        "Has been asked 3 times this week, the limit is 3",
    ),
    (ReasonCode.NOTICE, need(), candidate(notice_hours=240), "Wants to know 240 hours before"),
]


@pytest.mark.parametrize(("code", "wanted", "guide", "sentence"), CASES)
def test_every_reason_says_by_how_much(
    code: ReasonCode, wanted: Need, guide: Candidate, sentence: str
) -> None:
    found = next(one for one in check(wanted, window(), guide, RULES, NOW) if one.code is code)
    assert reasons.reason(found, window(), PLACE) == sentence


def test_no_reason_is_left_out() -> None:
    assert {case[0] for case in CASES} == set(ReasonCode)


SAID: dict[HighlightCode, tuple[dict[str, Fact], str]] = {
    HighlightCode.SPEAKS: (
        {"code": "ar", "level": Level.NATIVE, "as": LanguageFit.EXACT},
        "Speaks Arabic as a native language",
    ),
    HighlightCode.SPEAKS_SUBSTITUTE: (
        {"code": "arz", "level": Level.C1, "as": LanguageFit.FAIRLY},
        "which goes fairly well for this language",
    ),
    HighlightCode.FREE: ({"start": at(8), "end": at(12)}, "Is free from 8:00 to 12:00"),
    HighlightCode.SAME_DISTRICT: ({"home": "01"}, "Lives in the same district (Innenstadt)"),
    HighlightCode.DISTRICT_NEAR: (
        {"home": "02", "hops": 1},
        "Lives in the neighbouring district (Dreikönigenviertel)",
    ),
    HighlightCode.KNOWS_INSTITUTION: (
        {"times": 2, "last_on": date(2026, 10, 1)},
        "Has been at this institution 2 times, last on Thursday, 1 October 2026",
    ),
    HighlightCode.KNOWS_OCCASION: (
        {"times": 1, "occasion": Occasion.PARENT_TALK},
        "Has helped with this 1 time: Talk with parents",
    ),
    HighlightCode.SELDOM_ASKED: ({"asks": 1}, "Has been asked only once in the last three months"),
    HighlightCode.WISH_MET: ({"kinds": ("gender",)}, "Is a woman or a man, as wished"),
    HighlightCode.WISH_NOT_MET: ({"kinds": ("guide",)}, "Is not the person who was wished for"),
    HighlightCode.APPOINTMENTS_THIS_WEEK: (
        {"appointments": 2},
        "Already has 2 appointments in that week",
    ),
    HighlightCode.COMES_FROM: (
        {"at": at(9, 50), "travel": 15},
        "Comes from another appointment that ends at 09:50 (way: 15 minutes)",
    ),
    HighlightCode.GOES_ON_TO: (
        {"at": at(11, 30), "travel": 15},
        "Has another appointment afterwards at 11:30 (way: 15 minutes)",
    ),
}


@pytest.mark.parametrize("code", HighlightCode)
def test_every_highlight_has_a_sentence(code: HighlightCode) -> None:
    facts, sentence = SAID[code]
    assert sentence in reasons.highlight(Highlight(code, facts), PLACE)


def test_the_fit_is_said_in_words() -> None:
    best = candidate(history=History(5, FRIDAY), occasions={Occasion.PARENT_TALK: 9})
    assert reasons.fit_words(fit(need(), window(), best, RULES, WEIGHTS)) == "Fits very well"
    assert reasons.fit_words(Fit(0, ())) == "Fits less well"
    assert fit(need(), window(), best, RULES, WEIGHTS).part(FitPart.LANGUAGE).value == 1
