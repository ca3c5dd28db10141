"""Any order of decisions, undos and subject work keeps the promises, compared with a plain model in Python."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.case import Case
from engine.errors import UsageError
from engine.types import Modality, Verdict
from tests.helpers.cases import EXAMINER, ingest, new_case, register, searched, tracklet

CANDIDATES = (2, 3, 4, 5)
TOGETHER = {(4, 5)}  # these two are in one picture
SUBJECTS = st.integers(1, 3)
candidates = st.sampled_from(CANDIDATES)


class Review(RuleBasedStateMachine):
    """`stack` holds the standing decisions of each candidate, `members` the subject of each tracklet with the
    decision that brought it in, `history` what each decision did to members."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="nightjar-test-"))
        self.case = new_case(self.folder / "case")
        ingest(self.case, register(self.case, self.folder, "night"), (tracklet(1),))
        day = [(1, 0), (2, 20), (3, 40), (4, 45)]
        passes = tuple(tracklet(n, start=start, modality=Modality.VISIBLE) for n, start in day)
        ingest(self.case, register(self.case, self.folder, "day"), passes)
        searched(self.case, query=1, candidates=CANDIDATES)
        self.stack: dict[int, list[tuple[int, Verdict]]] = {number: [] for number in CANDIDATES}
        self.members: dict[int, tuple[int, int | None]] = {}
        self.left: dict[int, tuple[int, int]] = {}  # deciding that made a tracklet leave -> (tracklet, subject)
        self.subjects = 0
        self.merged: set[int] = set()
        self.rows = 0
        self.entries = self.case.audit.count()

    def logged(self, count: int = 1) -> None:
        self.entries += count

    @rule(tracklet_id=candidates, verdict=st.sampled_from(Verdict))
    def decide(self, tracklet_id: int, verdict: Verdict) -> None:
        (decision,) = self.case.decisions.decide(1, [tracklet_id], verdict)
        self.stack[tracklet_id].append((decision.id, verdict))
        self.rows += 1
        self.logged()
        subject_id, cause = self.members.get(tracklet_id, (0, None))
        if verdict is not Verdict.CONFIRMED and cause is not None:
            del self.members[tracklet_id]
            self.left[decision.id] = (tracklet_id, subject_id)

    @rule()
    def undo(self) -> None:
        standing = [(stack[-1][0], number) for number, stack in self.stack.items() if stack]
        if not standing:
            try:
                self.case.decisions.undo_last()
                raise AssertionError("there was nothing to undo")
            except UsageError:
                return
        decision_id, number = max(standing)
        assert self.case.decisions.undo_last().undoes == decision_id
        self.stack[number].pop()
        self.rows += 1
        self.logged()
        if self.members.get(number, (0, None))[1] == decision_id:
            del self.members[number]
        back = self.left.pop(decision_id, None)
        below = self.stack[number][-1] if self.stack[number] else None
        free = back is not None and number not in self.members and back[1] not in self.merged
        if back and free and below and below[1] is Verdict.CONFIRMED and not self.clash(back[1], [number]):
            self.members[number] = (back[1], below[0])

    @rule()
    def create(self) -> None:
        if self.subjects < 3:
            self.subjects += 1
            assert self.case.subjects.create().id == self.subjects
            self.logged()

    @precondition(lambda self: self.subjects)
    @rule(data=st.data(), tracklet_id=st.sampled_from((1, *CANDIDATES)), by_decision=st.booleans())
    def add(self, data: st.DataObject, tracklet_id: int, by_decision: bool) -> None:
        subject_id = data.draw(st.integers(1, self.subjects))
        stack = self.stack.get(tracklet_id, [])
        cause = stack[-1][0] if by_decision and stack and stack[-1][1] is Verdict.CONFIRMED else None
        elsewhere = self.members.get(tracklet_id, (subject_id, None))[0] != subject_id
        refused = subject_id in self.merged or elsewhere or self.clash(subject_id, [tracklet_id])
        assert self.accepted(lambda: self.case.subjects.add(subject_id, [tracklet_id], "", cause)) is not refused
        if not refused:
            self.logged()
            self.members.setdefault(tracklet_id, (subject_id, cause))
            self.forget(tracklet_id, subject_id)

    @precondition(lambda self: self.members)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        tracklet_id = data.draw(st.sampled_from(sorted(self.members)))
        subject_id, _ = self.members.pop(tracklet_id)
        self.case.subjects.remove(subject_id, [tracklet_id])
        self.logged()
        self.forget(tracklet_id, subject_id)

    @precondition(lambda self: self.subjects == 3)
    @rule(source=SUBJECTS, into=SUBJECTS)
    def merge(self, source: int, into: int) -> None:
        moving = [number for number, (subject_id, _) in self.members.items() if subject_id == source]
        refused = source == into or {source, into} & self.merged or self.clash(into, moving)
        assert self.accepted(lambda: self.case.subjects.merge(source, into)) is not bool(refused)
        if not refused:
            self.logged()
            self.merged.add(source)
            for number in moving:
                self.members[number] = (into, self.members[number][1])
                self.forget(number, into)

    def clash(self, subject_id: int, joining: list[int]) -> bool:
        together = {n for n, (subject, _) in self.members.items() if subject == subject_id} | set(joining)
        return any(first in together and second in together for first, second in TOGETHER)

    def forget(self, tracklet_id: int, subject_id: int) -> None:
        """A later change by hand counts more than bringing back what a decision had removed."""
        self.left = {key: pair for key, pair in self.left.items() if pair != (tracklet_id, subject_id)}

    def accepted(self, action: object) -> bool:
        try:
            action()  # type: ignore[operator]
        except UsageError:
            return False
        return True

    @invariant()
    def case_and_model_agree(self) -> None:
        if not hasattr(self, "case"):
            return
        current = {number: decision.verdict for number, decision in self.case.decisions.current(1).items()}
        assert current == {number: stack[-1][1] for number, stack in self.stack.items() if stack}
        assert len(self.case.decisions.history(1)) == self.rows
        for subject_id in range(1, self.subjects + 1):
            found = {(m.tracklet_id, m.decision_id) for m in self.case.subjects.members(subject_id)}
            assert found == {(n, cause) for n, (subject, cause) in self.members.items() if subject == subject_id}
        assert self.case.audit.count() == self.entries
        assert self.case.audit.verify().intact

    def teardown(self) -> None:
        if hasattr(self, "case"):
            before = (self.case.audit.head, self.case.decisions.current(1))
            self.case.close()
            with Case.open(self.folder / "case", examiner=EXAMINER) as again:
                assert (again.audit.head, again.decisions.current(1)) == before
                assert list(again.integrity.against_log()) == []
            shutil.rmtree(self.folder)


TestReview = Review.TestCase
TestReview.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)
