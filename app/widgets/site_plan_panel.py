"""Which plan of the site lies under the map, whose it is, and the buttons to choose another or none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMessageBox, QVBoxLayout, QWidget

from app import site_plans
from app.operations import cameras
from app.plain import plain
from app.read_only import writes
from app.session import Session
from app.site_plans import Ground
from app.widgets.basic import Button, box, label, set_role
from app.words import tr

if TYPE_CHECKING:
    from engine.store.site_plans import PlanFile, SitePlan

NONE = tr("No site plan under the cameras. A picture of the site can be laid there.")
APPROXIMATE = tr("The plan is the analyst’s own; positions on it are approximate.")
FILTER = tr("Pictures") + " (*.png *.jpg *.jpeg *.bmp *.tif *.tiff *.webp)"
HASH = 8  # digits shown; the tooltip has all


class SitePlanPanel(QWidget):
    """Emits `loaded` with the `Ground` to draw, or None."""

    loaded = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.plan: SitePlan | None = None
        self._read: tuple[Path, PlanFile] | None = None  # what was last asked for
        self._ground: Ground | None = None  # of it
        column = box(QVBoxLayout(self), 8)
        self.words = label(NONE, "quiet", wrap=True)
        column.addWidget(self.words)
        row = box(QHBoxLayout(), 8)
        self.remove = Button("", "delete-outline", size="small")
        self.remove.setAccessibleName(tr("Remove the site plan"))
        self.remove.setToolTip(tr("Remove the site plan…"))
        self.remove.clicked.connect(self.ask_removal)
        self.choose = Button(tr("Site plan…"), "floor-plan", "plan.choose", size="small")
        self.choose.clicked.connect(self.ask_plan)
        writes(self.remove)
        row.addWidget(self.choose)
        row.addWidget(self.remove)
        row.addStretch(1)
        column.addLayout(row)
        self.show_plan(None)

    def show_plan(self, plan: SitePlan | None) -> None:
        """The case's plan; its picture is read where it is not on show already."""
        self.plan = plan
        self.remove.setVisible(plan is not None)
        self.words.setToolTip(tr("SHA-256 {hash}").format(hash=plan.picture.sha256) if plan else "")
        info = self._session.info
        wanted = (info.folder, plan.picture) if info and plan else None
        if plan is None or wanted is None:
            self._read = self._ground = None
            self._say(NONE)
            self.loaded.emit(None)
        elif wanted == self._read and self._ground is not None:  # at most moved
            self._ground = replace(self._ground, place=plan.place)
            self._say(self._told(plan))
            self.loaded.emit(self._ground)
        elif wanted != self._read:
            self._read, self._ground = wanted, None
            self._say(self._told(plan))
            self.loaded.emit(None)
            load = lambda case: site_plans.load(case, plan)  # noqa: E731
            self._session.read(load, lambda ground: self._show(wanted, ground), self._failed, key=self)

    def _show(self, wanted: tuple[Path, PlanFile], ground: Ground) -> None:
        if self._read == wanted and self.plan is not None:
            self._ground = replace(ground, place=self.plan.place)  # which may have changed meanwhile
            self.loaded.emit(self._ground)

    def _failed(self, error: Exception) -> None:
        """Said here, where the picture is missed; read again when the page next has something new to show."""
        from engine.errors import EvidenceError

        self._read = None
        if isinstance(error, EvidenceError):
            self._say(f"{error} {error.hint}", "error")
        else:
            self._session.failed.emit(error)

    def _say(self, words: str, role: str = "quiet") -> None:
        set_role(self.words, role)
        self.words.setText(words)

    @staticmethod
    def _told(plan: SitePlan) -> str:
        words = tr("{name}, chosen by {who} on {day}, SHA-256 {hash}…")
        picture = plan.picture
        first = words.format(name=picture.name, who=plan.added_by, day=plan.added_at[:10], hash=picture.sha256[:HASH])
        moved = tr("Put where it lies by {who} on {day}.").format(who=plan.moved_by, day=(plan.moved_at or "")[:10])
        return "\n".join([first, *([moved] if plan.moved_by else []), APPROXIMATE])

    def ask_plan(self) -> None:
        """Choose a picture; where one is in use, only after a question."""
        name, _ = QFileDialog.getOpenFileName(self, tr("Site plan"), "", FILTER + ";;" + tr("All files") + " (*)")
        if not name:
            return
        path = Path(name)
        question = tr(
            "Lay ‘{new}’ under the map instead of ‘{old}’? It takes the same place and width, so cameras keep theirs. "
            "The earlier picture stays in the case folder."
        )
        plan = self.plan
        if plan is None or self._sure(tr("Site plan"), question.format(new=path.name, old=plan.picture.name)):
            cameras.use_plan(self._session, path)

    def ask_removal(self) -> None:
        """Take the plan off the map, after a question."""
        if self.plan is not None:
            question = tr(
                "Remove ‘{name}’ from the map? Cameras keep their places. The picture stays in the case folder and in "
                "the log."
            )
            if self._sure(tr("Remove plan"), question.format(name=self.plan.picture.name)):
                cameras.remove_plan(self._session)

    def _sure(self, title: str, question: str) -> bool:
        buttons = QMessageBox.StandardButton.Ok | QMessageBox.StandardButton.Cancel
        return QMessageBox.question(self, title, plain(question), buttons) == QMessageBox.StandardButton.Ok
