"""Random requests and guides around the ordinary ones, over days on which the clock is changed."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from lotsen.domain.availability import Absence, Availability, ExtraTime, WeeklyTime
from lotsen.domain.localtime import local_datetime
from lotsen.domain.vocabulary import (
    CredentialKind,
    Gender,
    GuideStatus,
    Level,
    Mode,
    Occasion,
    WishKind,
    WishWeight,
)
from lotsen.matching.profiles import Candidate, Credential, Held, History, Need, Window, Wish
from tests.matching.factories import ALWAYS, BERLIN, FRIDAY, candidate, need

POLICE, OATH = CredentialKind.POLICE_CERTIFICATE, CredentialKind.CONFIDENTIALITY
SPRING, AUTUMN, EARLIER = date(2027, 3, 28), date(2027, 10, 31), date(2026, 11, 22)
DAYS = (FRIDAY, FRIDAY, FRIDAY, FRIDAY + timedelta(days=1), SPRING, AUTUMN, EARLIER)
# What may differ from the ordinary guide; at most two at a time, or hardly anyone would be free.
DIFFERENCES: dict[str, list[object]] = {
    "languages": [
        (("arz", Level.B2),),
        (("ar", Level.A1),),
        (("ar", Level.B1), ("arz", Level.C1), ("ary", Level.NATIVE)),
        (("fr", Level.NATIVE),),
        (),
    ],
    "german_level": [Level.A2, Level.B1],
    "home_district": ["02", "14", "09", None],
    "reach_hops": [0, 1],
    "districts": [frozenset({"15"}), frozenset({"02", "14"}), frozenset({"01"})],
    "modes": [frozenset({Mode.PHONE}), frozenset({Mode.ON_SITE})],
    "status": [GuideStatus.PAUSED, GuideStatus.LEFT],
    "paused_until": [FRIDAY, FRIDAY - timedelta(days=1), FRIDAY + timedelta(days=3)],
    "week_minutes": [0, 100, 600],
    "month_minutes": [0, 100, 600],
    "asks_per_week": [0, 2],
    "asks_this_week": [2, 5],
    "notice_hours": [24, 125, 200],
    "credentials": [
        (),
        (Credential(POLICE, date(2026, 1, 1), FRIDAY),),
        (Credential(POLICE, date(2020, 1, 1), FRIDAY - timedelta(days=2)), Credential(OATH, FRIDAY)),
        (Credential(POLICE, FRIDAY + timedelta(days=1)), Credential(POLICE, date(2020, 1, 1), FRIDAY)),
    ],
    "gender": [None, Gender.MALE],
    "load_minutes_90": [300, 600, 4000],
    "asks_90": [1, 5],
    "occasions": [{Occasion.PARENT_TALK: 3, Occasion.HOME_VISIT: 9}],
    "histories": [
        {7: History(2, date(2026, 6, 1))},
        {7: History(9, date(2025, 1, 1)), 8: History(1, FRIDAY)},
    ],
    "blocked_institutions": [frozenset({7}), frozenset({8})],
    "unwanted_occasions": [frozenset({Occasion.PARENT_TALK, Occasion.HOME_VISIT})],
    "declined_requests": [frozenset({417})],
    "conflict_requests": [frozenset({417, 3})],
    "pool_id": [1, 2],
}

clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 20, 30, 59]))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Draw a window of 15 minutes to some hours, mostly in the morning, or over a change of the clock."""
    day = draw(st.sampled_from(DAYS))
    if day in (SPRING, AUTUMN):
        start = datetime.combine(day, time(0), UTC) + timedelta(minutes=draw(st.integers(-90, 200)))
    else:
        at = time(draw(st.sampled_from([9, 10, 10, 10, 14, 23])), draw(st.sampled_from([0, 0, 0, 10])))
        start = local_datetime(day, at, BERLIN).moment
    return Window(start, start + timedelta(minutes=draw(st.sampled_from([15, 60, 60, 90, 150]))))


@st.composite
def helds(draw: st.DrawFn) -> Held:
    """Draw an appointment near one of the days."""
    start = local_datetime(draw(st.sampled_from(DAYS)), time(6), BERLIN).moment
    start += timedelta(minutes=draw(st.integers(-20, 40)) * 15, seconds=draw(st.sampled_from([0, 0, 30])))
    return Held(
        start,
        start + timedelta(minutes=draw(st.sampled_from([30, 60, 100]))),
        draw(st.sampled_from(["01", "15", "09", None])),
        draw(st.sampled_from([Mode.ON_SITE, Mode.ON_SITE, Mode.PHONE])),
        draw(st.sampled_from([400, 401, 402, 417])),
        draw(st.sampled_from([None, None, 1, 2])),
    )


def _in_order(stretch: tuple[time, time]) -> tuple[time, time]:
    start, end = min(stretch), max(stretch)
    return (start, end) if start < end else (start, time.min)


stretches = st.tuples(clocks, clocks).map(_in_order)


@st.composite
def availabilities(draw: st.DrawFn) -> Availability:
    """Draw free time that mostly covers the mornings, with extra dates and absences."""
    weekly = draw(
        st.lists(
            st.one_of(
                st.builds(WeeklyTime, st.sampled_from([4, 5, 6]), st.just(time(8)), st.just(time(10, 30))),
                st.builds(WeeklyTime, st.sampled_from([4, 5, 6]), st.just(time(10, 30)), st.just(time(0))),
                st.tuples(st.integers(0, 6), stretches).map(lambda one: WeeklyTime(one[0], *one[1])),
            ),
            max_size=5,
        )
    )
    extra = st.tuples(st.sampled_from(DAYS), stretches).map(lambda one: ExtraTime(one[0], *one[1]))
    absence = st.tuples(st.sampled_from(DAYS), st.integers(-2, 1), st.integers(0, 3)).map(
        lambda one: Absence(one[0] + timedelta(days=one[1]), one[0] + timedelta(days=one[1] + one[2]))
    )
    return Availability(
        tuple(weekly),
        tuple(draw(st.lists(extra, max_size=2))),
        tuple(draw(st.lists(absence, max_size=2))),
    )


@st.composite
def candidates(draw: st.DrawFn, guide_id: int) -> Candidate:
    """Draw a guide who differs from the ordinary one in at most a few things."""
    usual = {"gender": Gender.FEMALE, "credentials": (Credential(POLICE, date(2026, 1, 1)),)}
    names = draw(st.lists(st.sampled_from(sorted(DIFFERENCES)), max_size=3))
    changes = {name: draw(st.sampled_from(DIFFERENCES[name])) for name in names}
    free = draw(st.one_of(st.just(ALWAYS), st.just(ALWAYS), availabilities()))
    held = tuple(draw(st.lists(helds(), max_size=2)))
    return candidate(guide_id, **(usual | {"held": held, "availability": free} | changes))


wishes = st.sampled_from(
    [
        Wish(WishKind.GENDER, WishWeight.MUST, gender=Gender.FEMALE),
        Wish(WishKind.GENDER, WishWeight.NICE, gender=Gender.FEMALE),
        Wish(WishKind.GUIDE, WishWeight.MUST, guide_id=1),
        Wish(WishKind.NOT_GUIDE, WishWeight.MUST, guide_id=1),
        Wish(WishKind.GUIDE, WishWeight.NICE, guide_id=2),
        Wish(WishKind.NOT_GUIDE, WishWeight.NICE, guide_id=2),
    ]
)


@st.composite
def needs(draw: st.DrawFn) -> Need:
    """Draw a request with up to three windows."""
    return need(
        windows=tuple(draw(st.lists(windows(), max_size=3))),
        wishes=tuple(draw(st.lists(wishes, max_size=2))),
        mode=draw(st.sampled_from([Mode.ON_SITE, Mode.ON_SITE, Mode.PHONE])),
        district=draw(st.sampled_from(["01", "01", "15", "09", "77", None])),
        level=draw(st.sampled_from([Level.B2, Level.C1])),
        institution_id=draw(st.sampled_from([7, 7, None])),
        pool_id=draw(st.sampled_from([None, 1])),
        guides_needed=draw(st.integers(1, 3)),
        credentials=draw(
            st.sampled_from([frozenset[CredentialKind](), frozenset({POLICE}), frozenset({POLICE, OATH})])
        ),
    )


@st.composite
def pools(draw: st.DrawFn) -> tuple[Need, list[Candidate]]:
    """Draw a request and the guides of a pool."""
    return draw(needs()), [draw(candidates(number)) for number in range(1, draw(st.integers(0, 5)) + 1)]
