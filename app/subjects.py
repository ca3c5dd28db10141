"""Subjects as the page shows them. Everything here reads the case and belongs on a reader thread."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import takewhile
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

    def fits(self, needle: str) -> bool:
        """Whether number, name or notes have this in them, whatever its case."""
        return needle.casefold() in f"{self.subject.label} {self.subject.name}\n{self.subject.notes}".casefold()


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
    """A subject with its appearances in order of time; `cameras` of the whole case by name; the site's `plan`; who
    wrote the notes, and when."""

    subject: Subject
    appearances: tuple[Appearance, ...]
    cameras: tuple[Camera, ...]
    plan: SitePlan | None
    noted: str

    def of(self, modality: Modality) -> list[Appearance]:
        return [a for a in self.appearances if a.tracklet.modality is modality]


def statement(case: Case) -> str:
    """What the cards of the models used in this case say must stand beside their results."""
    from engine.report.sheets import statements

    return " ".join(statements(case))


def rows(case: Case) -> list[SubjectRow]:
    """Every open subject."""
    with case.reader():
        galleries = {(g.subject_id, g.modality): g for g in case.subjects.galleries()}
        listed = case.subjects.list()
        sides = [[galleries.get((subject.id, modality)) for modality in Modality] for subject in listed]
        newest = [(day or night) for night, day in sides]
        crops = {t.id: t.best_crop for t in case.tracklets.rows([g.newest for g in newest if g])}
        return [
            SubjectRow(subject, crops[last.newest] if last else None, *(g.members if g else 0 for g in (night, day)))
            for subject, (night, day), last in zip(listed, sides, newest, strict=True)
        ]


def view(case: Case, subject_id: int) -> SubjectView:
    """One subject in full."""
    with case.reader():
        clocks = Clocks(case)
        members = {m.tracklet_id: m for m in case.subjects.members(subject_id)}
        decisions = {d.id: d for d in case.decisions.rows([m.decision_id for m in members.values() if m.decision_id])}
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
        subject = case.subjects.get(subject_id)
        return SubjectView(subject, tuple(appearances), cameras, plan, _noted(case, subject))


def _noted(case: Case, subject: Subject) -> str:
    """Who wrote the notes as they stand, and when: 'A. Examiner, 2026-05-12 10:42 UTC'; '' where there are none."""
    about = f"subject:{subject.id}"
    written = [e for verb in ("describe", "create") for e in case.audit.entries(action=f"subject.{verb}", target=about)]
    said = takewhile(lambda entry: entry.details["notes"] == subject.notes, written)  # newest first; names change too
    since = deque(said, maxlen=1)
    return f"{since[0].actor}, {logged(since[0].at)}" if since and subject.notes else ""


def nearby(case: Case, tracklet_id: int) -> list[Tile]:
    """People in the same footage within a minute. Being near is not a link between people."""
    with case.reader():
        clocks = Clocks(case)
        tracklet = case.tracklets.get(tracklet_id)
        margin = round(NEARBY_SECONDS / tracklet.start.time_base)
        found = case.tracklets.during(tracklet.item_id, tracklet.start.pts - margin, tracklet.end.pts + margin)
        return [tile(t, clocks.start(t)) for t in found if t.id != tracklet_id][:8]


def span_words(shown: SubjectView) -> str:
    """'10 appearances · 6 cameras · 10 May – 11 May 2026'."""
    cameras = len({a.camera for a in shown.appearances})
    dates = [a.first.adjusted or a.first.recorder for a in shown.appearances]
    known = [when for when in dates if when is not None]
    words = [
        tr("{n} appearances", "{n} appearance", len(shown.appearances)),
        tr("{n} cameras", "{n} camera", cameras),
    ]
    if known:
        first, last = min(known, key=lambda w: w.timestamp()), max(known, key=lambda w: w.timestamp())
        apart = [day(first, year=first.year != last.year)] if first.date() != last.date() else []
        words.append(" – ".join([*apart, day(last, year=True)]))
    return " · ".join(words)
