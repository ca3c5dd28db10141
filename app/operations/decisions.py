"""The analyst's decisions. A confirmed candidate joins the subject of the person searched for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.session import Changes, Session
from app.words import tr
from engine.errors import UsageError
from engine.types import Verdict

if TYPE_CHECKING:
    from engine.case import Case
    from engine.store.decisions import Decision
    from engine.store.subjects import Subject

DECIDED = Changes(decisions=True, subjects=True)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """A decision on candidates of one search, as the page hands it over.

    `observations`: tracklet → feature → 'similar', 'different' or 'cannot tell', of those that were compared.
    """

    search: int
    tracklets: tuple[int, ...]
    verdict: Verdict
    reason: str = ""
    observations: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    blind: bool = False


@dataclass(frozen=True, slots=True)
class Review:
    """What stands in a search: `decisions` by tracklet, and the name given to the person searched for.

    `apart`: tracklets that are in one frame with that person, as far as confirmed, and with which label of theirs.
    """

    decisions: Mapping[int, Decision] = field(default_factory=dict)
    apart: Mapping[int, str] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A decision that was taken back, in the words of the window."""

    search: str
    candidate: str
    verdict: Verdict


def decide(
    session: Session,
    verdicts: Verdicts,
    done: Callable[[None], None] | None = None,
    failed: Callable[[Exception], None] | None = None,
) -> None:
    """Record the decision, with the subject it fills: all of its candidates or none."""
    session.write(lambda case: _decide(case, verdicts), DECIDED, done, failed)


def _decide(case: Case, wanted: Verdicts) -> None:
    with case.together():
        _record(case, wanted)


def _record(case: Case, wanted: Verdicts) -> None:
    if wanted.verdict is not Verdict.CONFIRMED:
        _take(case, wanted)
        return
    own = _query_tracklets(case, wanted.search)
    standing = _standing_subject(case, own, wanted)
    taken = _take(case, wanted)
    subject = _subject(case, own, standing, wanted.search)
    for decision in taken:
        case.subjects.add(subject, [decision.tracklet_id], wanted.reason, decision.id)


def _take(case: Case, wanted: Verdicts) -> list[Decision]:
    """One entry for all that were only looked at, one for each that was compared."""
    compared = [number for number in wanted.tracklets if wanted.observations.get(number)]
    others = [number for number in wanted.tracklets if number not in compared]
    return [
        decision
        for numbers in ([others] if others else []) + [[number] for number in compared]
        for decision in case.decisions.decide(
            wanted.search,
            numbers,
            wanted.verdict,
            reason=wanted.reason,
            observations=wanted.observations.get(numbers[0]),
            blind=wanted.blind,
        )
    ]


def _query_tracklets(case: Case, search: int) -> list[int]:
    queries = case.searches.get(search).queries
    return list(dict.fromkeys(q.tracklet_id for q in queries if q.tracklet_id is not None))


def _subjects_of(case: Case, tracklets: Iterable[int]) -> dict[int, Subject]:
    """The subjects that these belong to, by id, in their order."""
    found = (case.subjects.of_tracklet(number) for number in tracklets)
    return {subject.id: subject for subject in found if subject is not None}


def _standing_subject(case: Case, own: Sequence[int], wanted: Verdicts) -> int | None:
    """The subject that the person has already, None where there is none. `UsageError` where it cannot be one person."""
    subjects = _subjects_of(case, [*own, *wanted.tracklets])
    if len(subjects) > 1:
        one, other = list(subjects.values())[:2]
        raise UsageError(
            tr("The person searched for and the chosen candidates belong to {one} and {other} already.").format(
                one=one.label, other=other.label
            ),
            tr("Merge these subjects, or remove the tracklet that is wrong; nothing was decided."),
        )
    members = [member.tracklet_id for number in subjects for member in case.subjects.members(number)]
    pairs = case.subjects.conflicts({*own, *members, *wanted.tracklets})
    if pairs:
        first, second = (case.tracklets.get(number).label for number in pairs[0])
        raise UsageError(
            tr("{a} and {b} are in one frame, so they cannot be the same person.").format(a=first, b=second),
            tr("Look at both again; nothing was decided."),
        )
    return next(iter(subjects), None)


def _subject(case: Case, own: Sequence[int], standing: int | None, search: int) -> int:
    """The subject of the person searched for; made at the first confirmation. All that was searched for belongs."""
    subject_id = case.subjects.create().id if standing is None else standing
    joining = [number for number in own if case.subjects.of_tracklet(number) is None]
    if joining:
        label = case.searches.get(search).label
        case.subjects.add(subject_id, joining, f"the person searched for in {label}")
    return subject_id


def together(case: Case, tracklet: int) -> tuple[str, dict[int, str]]:
    """The label of a tracklet, and those of all that are in one frame with it and so cannot be the same person."""
    with case.reader():
        found = case.tracklets.rows(sorted(case.subjects.cannot_be(tracklet)))
        return case.tracklets.get(tracklet).label, {other.id: other.label for other in found}


def none_found(session: Session, search: int, found: bool, failed: Callable[[Exception], None]) -> None:
    """The analyst's word that no candidate of a search is the person, or its withdrawal."""
    session.write(lambda case: case.searches.set_none_found(search, found), Changes(searches=True), failed=failed)


def undo_last(session: Session, search: int | None = None) -> None:
    """Take back the latest decision, of this search or of the case, and say which; the undo is itself logged."""

    def done(taken: Taken) -> None:
        words = {
            Verdict.CONFIRMED: tr("Undone in {search}: {candidate} is no longer confirmed."),
            Verdict.REJECTED: tr("Undone in {search}: {candidate} is no longer rejected."),
            Verdict.INCONCLUSIVE: tr("Undone in {search}: {candidate} is no longer inconclusive."),
        }[taken.verdict]
        session.message.emit("plain", words.format(search=taken.search, candidate=taken.candidate), "")

    session.write(lambda case: _take_back(case, search), DECIDED, done)


def _take_back(case: Case, search: int | None) -> Taken:
    standing = case.decisions.latest(search)
    case.decisions.undo_last(search)  # which refuses where nothing stands
    assert standing is not None
    assert standing.verdict is not None
    label = case.tracklets.get(standing.tracklet_id).label
    return Taken(case.searches.get(standing.search_id).label, label, standing.verdict)


def review(case: Case, search: int) -> Review:
    """How far a search is reviewed, and what follows from it for its other candidates."""
    with case.reader():
        own = _query_tracklets(case, search)
        subjects = _subjects_of(case, own)
        members = [member.tracklet_id for number in subjects for member in case.subjects.members(number)]
        person = {*members, *own}
        listed = [line.tracklet_id for line in case.searches.results(search) if line.tracklet_id not in person]
        found = case.subjects.apart(person, listed)
        labels = {tracklet.id: tracklet.label for tracklet in case.tracklets.rows(sorted(set(found.values())))}
        apart = {other: labels[one] for other, one in found.items()}
        name = ", ".join(subject.name for subject in subjects.values() if subject.name)
        return Review(case.decisions.current(search), apart, name)
