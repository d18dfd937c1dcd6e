"""All requests at once get what each would get alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lotsen.domain.vocabulary import LanguageFit, Level, Occasion
from lotsen.matching import eligibility
from lotsen.matching.eligibility import Options, options
from lotsen.matching.profiles import Candidate, Need, Weights
from lotsen.matching.question import question
from lotsen.matching.rules import judge
from lotsen.matching.scoring import totals
from lotsen.matching.table import CandidateTable
from tests.matching.factories import NOW, RULES, WEIGHTS, candidate, need
from tests.matching.strategies import candidates, needs


@st.composite
def queues(draw: st.DrawFn) -> list[Need]:
    """Draw requests that differ in everything that a rule or a part of the fit looks at."""
    drawn = draw(st.lists(needs(), max_size=5))
    return [
        replace(
            one,
            request_id=draw(st.sampled_from([417, 400, 3])),
            accepted=draw(
                st.sampled_from([one.accepted, {"ar": LanguageFit.EXACT}, {"arz": LanguageFit.WELL}, {}])
            ),
            german_level=draw(st.sampled_from([Level.B2, Level.A2])),
            institution_id=draw(st.sampled_from([7, 8, None])),
            occasion=draw(st.sampled_from([Occasion.PARENT_TALK, Occasion.HOME_VISIT])),
        )
        for one in drawn
    ]


def told(found: Options) -> list[tuple[int, int, int, int]]:
    return list(
        zip(
            found.request.tolist(), found.window.tolist(), found.row.tolist(), found.fit.tolist(), strict=True
        )
    )


def one_by_one(queue: list[Need], table: CandidateTable, weights: Weights) -> list[tuple[int, int, int, int]]:
    """Return the options of each request, judged alone."""
    found: list[tuple[int, int, int, int]] = []
    for request, one in enumerate(queue):
        asked = question(one, RULES, NOW)
        free = judge(asked, table).failures() == 0
        fits = totals(asked, table, np.arange(table.size), weights)
        found += [
            (request, window, row, int(fits[window, row])) for window, row in np.argwhere(free).tolist()
        ]
    return found


def guides() -> st.SearchStrategy[list[Candidate]]:
    """Draw up to six guides, each with an id of its own."""
    return st.integers(0, 6).flatmap(lambda size: st.tuples(*map(candidates, range(1, size + 1)))).map(list)


@settings(deadline=None, max_examples=100)
@given(queues(), guides(), st.sampled_from([WEIGHTS, {}]))
def test_all_at_once_equals_one_by_one(queue: list[Need], pool: list[Candidate], weights: Weights):
    table = CandidateTable(pool)
    asked = [question(one, RULES, NOW) for one in queue]
    assert told(options(asked, table, weights)) == one_by_one(queue, table, weights)


def test_what_does_not_fit_into_one_go_is_done_in_several(monkeypatch: pytest.MonkeyPatch):
    queue = [need(request_id=number) for number in range(7)] + [need(windows=())]
    table = CandidateTable([candidate(1), candidate(2, languages=())])
    asked = [question(one, RULES, NOW) for one in queue]
    monkeypatch.setattr(eligibility, "_CELLS", 4)
    found = options(asked, table, WEIGHTS)
    assert told(found) == one_by_one(queue, table, WEIGHTS)
    assert found.request.tolist() == list(range(7))
