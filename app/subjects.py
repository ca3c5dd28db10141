"""Subjects as the page shows them. Everything here reads the case and belongs on a reader thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.people import Clocks, tile
from app.tiles import Tile
from app.times import Reading, day, logged
from app.words import tr
from engine.types import Modality

if TYPE_CHECKING:
    from engine.case import Case
    from engine.store.records import Camera, Tracklet
    from engine.store.site_plans import SitePlan
    from engine.store.subjects import Member, Subject

NEARBY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """A line of the list; `crop` of the newest daytime member, else of any."""

    subject: Subject
    crop: int | None
    night: int
    day: int


@dataclass(frozen=True, slots=True)
class Appearance:
    """One pass of the subject; `decision` in words, '' where the member was put in by hand."""

    tile: Tile
    tracklet: Tracklet
    first: Reading
    last: Reading
    member: Member
    decision: str

    @property
    def camera(self) -> str:
        return self.tracklet.camera


@dataclass(frozen=True, slots=True)
class SubjectView:
    """A subject with its appearances in order of time; `cameras` of the whole case by name; the site's `plan`."""

    subject: Subject
    appearances: tuple[Appearance, ...]
    cameras: tuple[Camera, ...]
    plan: SitePlan | None

    def of(self, modality: Modality) -> list[Appearance]:
        return [a for a in self.appearances if a.tracklet.modality is modality]


def statement(case: Case) -> str:
    """What the cards of the models used in this case say must stand beside their results."""
    from engine.report.sheets import statements

    return " ".join(statements(case))


def rows(case: Case) -> list[SubjectRow]:
    """Every open subject."""
    with case.reader():
        found = []
        for subject in case.subjects.list():
            members = case.subjects.members(subject.id)
            tracklets = case.tracklets.rows([m.tracklet_id for m in members])
            day = [t for t in tracklets if t.modality is Modality.VISIBLE]
            shown = (day or list(tracklets))[-1:]
            crop = shown[0].best_crop if shown else None
            found.append(SubjectRow(subject, crop, len(tracklets) - len(day), len(day)))
        return found


def view(case: Case, subject_id: int) -> SubjectView:
    """One subject in full."""
    with case.reader():
        clocks = Clocks(case)
        members = {m.tracklet_id: m for m in case.subjects.members(subject_id)}
        decisions = {d.id: d for d in case.decisions.all()}
        appearances = []
        for tracklet in case.tracklets.rows(list(members)):
            clock = clocks.of(tracklet.item_id)
            first, last = clock.at(tracklet.start.pts), clock.at(tracklet.end.pts)
            member = members[tracklet.id]
            decision = decisions.get(member.decision_id or 0)
            words = ", ".join((tr("Confirmed"), decision.examiner, logged(decision.at))) if decision else ""
            shown = tile(tracklet, first)
            appearances.append(Appearance(shown, tracklet, first, last, member, words))
        appearances.sort(key=lambda a: a.first.sort_key())
        cameras, plan = tuple(case.cameras.list()), case.site_plans.current()
        return SubjectView(case.subjects.get(subject_id), tuple(appearances), cameras, plan)


def nearby(case: Case, tracklet_id: int) -> list[Tile]:
    """People in the same footage within a minute. Being near is not a link between people."""
    with case.reader():
        clocks = Clocks(case)
        tracklet = case.tracklets.get(tracklet_id)
        margin = round(NEARBY_SECONDS / tracklet.start.time_base)
        found = case.tracklets.during(tracklet.item_id, tracklet.start.pts - margin, tracklet.end.pts + margin)
        return [tile(t, clocks.start(t)) for t in found if t.id != tracklet_id][:8]


def span_words(shown: SubjectView) -> str:
    """'10 appearances · 6 cameras · 10 May – 11 May'."""
    cameras = len({a.camera for a in shown.appearances})
    dates = [a.first.adjusted or a.first.recorder for a in shown.appearances]
    known = [when for when in dates if when is not None]
    words = [
        tr("{n} appearances", "{n} appearance", len(shown.appearances)),
        tr("{n} cameras", "{n} camera", cameras),
    ]
    if known:
        days = [day(end(known, key=lambda w: w.timestamp()), year=True) for end in (min, max)]
        words.append(" – ".join(dict.fromkeys(days)))
    return " · ".join(words)
