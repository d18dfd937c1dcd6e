"""Invents guides in pools and needs for them, the same for the same seed; one at a time, so a million fit."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from lotsen.domain.availability import Absence, Availability, ExtraTime, WeeklyTime
from lotsen.domain.languages import Catalogue
from lotsen.domain.vocabulary import (
    LEVELS,
    CredentialKind,
    Gender,
    InstitutionKind,
    Mode,
    Occasion,
    WishKind,
    WishWeight,
)
from lotsen.matching.profiles import (
    Candidate,
    Credential,
    Held,
    History,
    Need,
    Rules,
    Window,
    Wish,
    accepted_codes,
)
from lotsen.matching.travel import Travel
from lotsen.reference import catalogue
from tests.bench.instances import DISTRICTS, steps_between

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
_MONDAY = date(2026, 11, 23)
_CHUNK = 10_000
_INSTITUTIONS = 400
_PROOFS = (CredentialKind.POLICE_CERTIFICATE, CredentialKind.MEASLES_PROOF, CredentialKind.CONFIDENTIALITY)
_HALVES = ((time(8), time(13)), (time(13), time(18)))
_OCCASIONS = tuple(Occasion)
_GENDERS = (Gender.FEMALE, Gender.MALE, None)


def district(pool: int, number: int) -> str:
    """Name a district of a pool."""
    return f"{pool:02}-{number:02}"


def rules(pools: int) -> Rules:
    """Return the rules that all pools share; each pool's 30 districts lie in a grid."""
    here, there = np.nonzero(steps_between(np.arange(DISTRICTS)[:, None], np.arange(DISTRICTS)[None]) == 1)
    neighbours: dict[str, set[str]] = {}
    for pool in range(pools):
        for one, other in zip(here.tolist(), there.tolist(), strict=True):
            neighbours.setdefault(district(pool, one), set()).add(district(pool, other))
    return Rules(zone=ZONE, travel=Travel({one: frozenset(others) for one, others in neighbours.items()}))


def languages() -> tuple[list[str], np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Return 40 languages, varieties among them, and their shares of the demand."""
    codes = sorted(language.code for language in catalogue())[:40]
    shares = 1 / np.arange(1, len(codes) + 1)
    return codes, shares / shares.sum()


def guides(pool: int, count: int, seed: int) -> Iterator[Candidate]:
    """Invent the guides of one pool; their ids begin at pool × `count` + 1."""
    codes, shares = languages()
    for first in range(0, count, _CHUNK):
        draw = np.random.default_rng([seed, pool, first])
        some = min(_CHUNK, count - first)
        spoken = draw.choice(len(codes), (some, 3), p=shares)
        level = draw.integers(3, len(LEVELS), (some, 4))
        number = draw.random((some, 12))
        half_days = draw.random((some, 10)) < 0.3
        # Six different workdays of four weeks, so that no two appointments of a guide overlap.
        day = np.argsort(draw.random((some, 20)), axis=1)[:, :6]
        slot = draw.integers(32, 64, (some, 6))
        place = draw.integers(0, DISTRICTS, (some, 8))
        whole = draw.integers(0, 1_000, (some, 8))
        for at in range(some):
            yield _guide(
                pool * count + first + at + 1,
                pool,
                [codes[one] for one in dict.fromkeys(spoken[at, : 1 + int(number[at, 0] * 1.5)].tolist())],
                level[at].tolist(),
                number[at].tolist(),
                np.flatnonzero(half_days[at]).tolist(),
                list(zip(day[at].tolist(), slot[at].tolist(), strict=True)),
                place[at].tolist(),
                whole[at].tolist(),
            )


def _guide(
    guide_id: int,
    pool: int,
    spoken: list[str],
    level: list[int],
    number: list[float],
    half_days: list[int],
    times: list[tuple[int, int]],
    place: list[int],
    whole: list[int],
) -> Candidate:
    held = tuple(
        Held(
            start,
            start + timedelta(minutes=60 + 15 * (slot % 5)),
            district(pool, home),
            Mode.ON_SITE,
            10**6 + home,
        )
        for (day, slot), home in zip(times[: int(number[1] * 5)], place[1:], strict=False)
        for start in [_moment(day, slot)]
    )
    away = _day(times[0][0])
    extra = _day(times[1][0])
    return Candidate(
        guide_id=guide_id,
        languages=tuple((code, LEVELS[one]) for code, one in zip(spoken, level, strict=False)),
        german_level=LEVELS[level[3]],
        home_district=district(pool, place[0]),
        modes=frozenset(Mode) if number[2] < 0.7 else frozenset({Mode.ON_SITE, Mode.PHONE}),
        availability=Availability(
            weekly=tuple(WeeklyTime(one // 2, *_HALVES[one % 2]) for one in half_days),
            extra=(ExtraTime(extra, *_HALVES[whole[0] % 2]),) if number[3] < 0.1 else (),
            absences=(Absence(away, away + timedelta(days=whole[1] % 14)),) if number[4] < 0.15 else (),
        ),
        districts=frozenset({district(pool, place[6]), district(pool, place[7])})
        if number[5] < 0.3
        else frozenset(),
        reach_hops=2 + whole[2] % 4,
        held=held,
        week_minutes=60 * (4 + whole[3] % 7),
        month_minutes=60 * (14 + whole[3] % 20) if number[6] < 0.3 else None,
        asks_per_week=3,
        asks_this_week=whole[4] % 4,
        notice_hours=24 * (whole[5] % 3),
        credentials=tuple(
            Credential(kind, date(2024, 1, 1), _MONDAY + timedelta(days=whole[6] - 50 + 100 * at))
            for at, kind in enumerate(_PROOFS)
        ),
        gender=_GENDERS[whole[7] % 3],
        histories={whole[4] % _INSTITUTIONS: History(1 + whole[5] % 5, date(2026, 10, 1))}
        if number[7] < 0.5
        else {},
        occasions={_OCCASIONS[whole[5] % len(_OCCASIONS)]: 1 + whole[6] % 7},
        load_minutes_90=whole[0] * 2,
        asks_90=whole[1] % 30,
        blocked_institutions=frozenset({whole[2] % _INSTITUTIONS}) if number[8] < 0.02 else frozenset(),
        declined_requests=frozenset({whole[3] % 500}) if number[9] < 0.1 else frozenset(),
        conflict_requests=frozenset({whole[6] % 500}) if number[10] < 0.01 else frozenset(),
    )


def needs(count: int, pools: int, seed: int, *, remote: bool) -> Iterator[tuple[int, Need]]:
    """Invent needs, each with the pool that it belongs to; remote ones are by phone and name no district."""
    known: Catalogue = catalogue()
    codes, shares = languages()
    draw = np.random.default_rng([seed, 2, remote])
    for number in range(count):
        pool = int(draw.integers(0, pools))
        code = codes[int(draw.choice(len(codes), p=shares))]
        windows = tuple(
            Window(start, start + timedelta(minutes=15 * int(draw.integers(4, 9))))
            for _ in range(1 if draw.random() < 0.75 else int(draw.integers(2, 4)))
            for start in [_moment(2 + int(draw.integers(0, 13)), int(draw.integers(32, 64)))]
        )
        wished = draw.random()
        wish = Wish(
            WishKind.GENDER, WishWeight.MUST if wished < 0.05 else WishWeight.NICE, gender=Gender.FEMALE
        )
        yield (
            pool,
            Need(
                request_id=number,
                reference=f"L-2026-{number:04}",
                windows=windows,
                language=code,
                accepted=accepted_codes(known, code, substitutes=True),
                level=LEVELS[int(draw.integers(2, 6))],
                german_level=LEVELS[int(draw.integers(2, 5))],
                mode=Mode.PHONE if remote else Mode.ON_SITE,
                district=None if remote else district(pool, int(draw.integers(0, DISTRICTS))),
                occasion=_OCCASIONS[int(draw.integers(0, len(_OCCASIONS)))],
                institution_id=int(draw.integers(0, _INSTITUTIONS)),
                institution_kind=InstitutionKind.SCHOOL,
                waiting_since=NOW,
                wishes=(wish,) if wished < 0.2 else (),
                credentials=frozenset(_PROOFS[: int(draw.integers(0, 4))]),
            ),
        )


def _moment(workday: int, slot: int) -> datetime:
    """Return a quarter of an hour of the day that many workdays after the Monday."""
    return datetime.combine(_day(workday), time(slot // 4, 15 * (slot % 4)), ZONE).astimezone(UTC)


def _day(workday: int) -> date:
    return _MONDAY + timedelta(days=workday // 5 * 7 + workday % 5)
