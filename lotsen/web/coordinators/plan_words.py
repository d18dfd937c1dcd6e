"""Says a batch proposal in words: how good it is, why a person, why nobody, and what has changed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from lotsen.domain.vocabulary import ReasonCode, SkipReason, UnservedReason
from lotsen.labels import label
from lotsen.matching.profiles import Window
from lotsen.queries.plans import Change, Outcome, Person, PlanRow, Review, Unserved
from lotsen.web import alternatives, reasons
from lotsen.web.context import gettext, ngettext
from lotsen.web.reasons import Line, Place


@dataclass(frozen=True, slots=True)
class Pick:
    """A row with the person whom somebody has chosen for it."""

    row: PlanRow
    person: Person

    @property
    def stand_by(self) -> tuple[str, ...]:
        """Who waits in line if this person is asked."""
        return tuple(name for name in self.row.stand_by if name != self.person.name)

    @property
    def value(self) -> str:
        """The pick as a form carries it."""
        return f"{self.row.request.id}-{self.person.window.id}-{self.person.guide_id}"


def totals(review: Review) -> str:
    """Say how many are proposed and how many stay open."""
    proposed = ngettext("%(num)s proposal", "%(num)s proposals", len(review.rows))
    left = ngettext("%(num)s request stays open", "%(num)s requests stay open", len(review.unserved))
    return gettext("%(proposed)s, %(left)s.", proposed=proposed, left=left)


def quality(review: Review) -> str:
    """Say whether a better proposal can exist, and by how much at most."""
    if review.proven:
        return gettext("There is no better plan. This has been proven.")
    tier = next(one for one in review.tiers if one.value != one.bound)
    # Rounded up, since it is a promise that it is not more.
    gap = -(-100 * abs(tier.bound - tier.value) // max(1, tier.bound))
    if tier.name == "served":
        short = gettext("The time was too short to prove that this is the best plan.")
        more = gettext("At most %(gap)s percent more could be served, weighed by urgency.", gap=gap)
        return f"{short} {more}"
    if tier.name == "fit":
        return gettext(
            "No plan serves more requests. The people could fit better by at most %(gap)s percent.", gap=gap
        )
    return gettext("No plan serves more, and nobody would fit better. Perhaps the work can be shared better.")


def why(person: Person, place: Place) -> list[Line]:
    """Say what speaks for a person, or what stands against them now."""
    if person.is_free:
        return reasons.lines(person.highlights, place)
    window = Window(person.window.starts_at, person.window.ends_at)
    return [Line("minus", reasons.reason(one, window, place)) for one in person.reasons]


def unserved(one: Unserved) -> str:
    """Say why a request has nobody."""
    if one.why is UnservedReason.TOO_FEW:
        return ngettext(
            "%(needed)s people are needed, only one person can come.",
            "%(needed)s people are needed, only %(num)s people can come.",
            one.able,
            needed=one.request.guides_needed,
        )
    return gettext(label(one.why))


def helpful(one: Unserved, place: Place) -> list[str]:
    """Say which small changes would let somebody come."""
    return [alternatives.alternative(other, place, {}) for other in one.helpful]


def change(one: Change) -> str:
    """Say who was proposed before and who is now."""
    before, after = ", ".join(one.before), ", ".join(one.after)
    if before and after:
        return gettext("%(after)s instead of %(before)s.", after=after, before=before)
    if after:
        return gettext("Now %(after)s.", after=after)
    return gettext("No longer %(before)s.", before=before)


def skipped(one: Outcome) -> str:
    """Say why a row was not sent."""
    if one.why is SkipReason.NO_LONGER_FITS:
        return "; ".join(gettext(label(ReasonCode(code))) for code in one.codes)
    return "" if one.why is None else gettext(label(one.why))


def clashes(picks: Sequence[Pick]) -> list[str]:
    """Name everyone who was chosen for two appointments at the same time."""
    names = Counter(
        one.person.name
        for one, other in combinations(picks, 2)
        if one.person.guide_id == other.person.guide_id
        and one.person.window.starts_at < other.person.window.ends_at
        and other.person.window.starts_at < one.person.window.ends_at
    )
    return sorted(names)
