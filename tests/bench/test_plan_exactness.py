"""Compares small plans, tier by tier, with what CP-SAT proves; it runs in an environment of its own."""

import json
import subprocess
from time import monotonic

import pytest

from lotsen.matching.planning.plan import plan
from lotsen.matching.planning.reading import read
from tests.bench.measuring import PEERS_PYTHON
from tests.matching.planning.factories import problem
from tests.support.lotsen import ROOT

pytestmark = pytest.mark.bench

_COUNT = 300


def test_every_tier_is_what_cp_sat_proves() -> None:
    plains = [problem(10_000 + seed, requests=10, guides=6) for seed in range(_COUNT)]
    done = subprocess.run(
        [PEERS_PYTHON, "-m", "tests.matching.planning.cp_sat"],
        cwd=ROOT,
        input=json.dumps(plains),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for seed, (plain, theirs) in enumerate(zip(plains, json.loads(done.stdout), strict=True)):
        made = plan(read(plain), now=monotonic, explain=False)
        values = {tier.name: tier.value for tier in made.tiers}
        ours = [values["served"], values["fit"], -values.get("fairness", 0), values.get("kept", 0)]
        assert made.proven, seed
        assert ours == theirs, seed
