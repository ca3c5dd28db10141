"""Start: continue a case, make one, try the demo; and what the program does not claim."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.pages.base import Page
from app.session import Changes, Session
from app.times import day
from app.widgets.basic import Button, Glyph, box, label, rule, scrolled, set_role, styled
from app.widgets.cards import ActionCard, RecentRow
from app.words import tr

SIDE = 336
FACTS_MS = 600  # after the window has shown: asking loads ONNX Runtime
CLAIMS = (
    (
        "text-search",
        tr("It ranks people in daytime footage by how similar they look to the person you chose in night footage."),
    ),
    (
        "account-question-outline",
        tr(
            "It does not identify anyone: the person may not be in the archive, and a similar look is not the same "
            "person."
        ),
    ),
    ("gavel", tr("You decide on every candidate. Each step is logged, so that others can repeat it.")),
)


class StartPage(Page):
    """Works without a case."""

    name, title, needs_case = "start", tr("Start"), False

    def __init__(self, session: Session, window: object) -> None:
        super().__init__(session, window)  # type: ignore[arg-type]
        self.header.hide()
        self.setAcceptDrops(True)
        row = box(QHBoxLayout())
        row.addWidget(self._main(), 1)
        row.addWidget(self._side())
        self.body.addLayout(row, 1)

    def _main(self) -> QWidget:
        area = QWidget()
        column = box(QVBoxLayout(area), 24, (40, 40, 40, 40))
        brand = box(QHBoxLayout(), 16)
        brand.addWidget(Glyph("weather-night", 40, "accent"))
        words = box(QVBoxLayout(), 2)
        words.addWidget(label("Nightjar", "product"))
        words.addWidget(label(tr("From a person in night footage to candidates in daytime footage"), "second"))
        brand.addLayout(words, 1)
        column.addLayout(brand)
        cards = box(QHBoxLayout(), 16)
        for icon, title, text, command, act in (
            ("folder-plus-outline", tr("New case"), tr("In a new folder"), "case.new", self.shell.new_case),
            ("folder-open-outline", tr("Open case"), tr("From a case folder"), "case.open", self.shell.open_case),
            ("flask-outline", tr("Demo case"), tr("Rendered people, offline"), "case.demo", self.shell.open_demo),
        ):
            card = ActionCard(icon, title, text, command)
            card.clicked.connect(lambda _=False, do=act: do())
            cards.addWidget(card)
        column.addLayout(cards)
        recent = QFrame()
        recent.setObjectName("card")
        inside = box(QVBoxLayout(recent), 0, (1, 1, 1, 1))
        head = box(QHBoxLayout(), 8, (16, 12, 16, 12))
        head.addWidget(label(tr("Recent cases"), "strong"))
        head.addStretch(1)
        head.addWidget(label(tr("evidence is opened read-only"), "quiet"))
        inside.addLayout(head)
        self._recent = box(QVBoxLayout())
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(tr("Recent cases"))
        holder = QWidget()
        styled(holder, "panel")
        held = box(QVBoxLayout(holder))
        held.addLayout(self._recent)
        held.addStretch(1)
        scroll.setWidget(holder)
        inside.addWidget(scroll, 1)
        inside.addWidget(rule())
        foot = box(QHBoxLayout(), 8, (16, 12, 16, 12))
        foot.addWidget(Glyph("tray-arrow-down", 16))
        foot.addWidget(label(tr("Drop a case folder here to open it"), "second"))
        foot.addStretch(1)
        read = Button(tr("Open read-only…"), "eye-outline", "case.read", size="small")
        read.clicked.connect(self.shell.read_case)
        foot.addWidget(read)
        inside.addLayout(foot)
        column.addWidget(recent, 1)
        return area

    def _side(self) -> QWidget:
        side = QWidget()
        styled(side, "rightpanel")
        side.setFixedWidth(SIDE)
        column = box(QVBoxLayout(scrolled(side, SIDE)), 12, (24, 32, 24, 24))
        column.addWidget(label(tr("What it does and does not claim"), "item", wrap=True))
        for icon, text in CLAIMS:
            line = box(QHBoxLayout(), 12)
            line.addWidget(Glyph(icon, 18), 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(label(text, "second", wrap=True), 1)
            column.addLayout(line)
        self._provisional = QFrame()
        self._provisional.setProperty("notice", "warning")
        inside = box(QHBoxLayout(self._provisional), 10, (12, 10, 12, 10))
        inside.addWidget(Glyph("alert-outline", 16, "warning_text"), 0, Qt.AlignmentFlag.AlignTop)
        self._provisional_text = label("", "warning", wrap=True)
        inside.addWidget(self._provisional_text, 1)
        self._provisional.hide()
        column.addWidget(self._provisional)
        column.addSpacing(8)
        column.addWidget(rule())
        column.addSpacing(8)
        column.addWidget(label(tr("This computer"), "item"))
        self._facts: dict[str, QLabel] = {}
        for key, icon, name in (
            ("device", "expansion-card-variant", tr("Computes on")),
            ("model", "cube-outline", tr("Model")),
            ("space", "harddisk", tr("Space for cases")),
        ):
            line = box(QHBoxLayout(), 12)
            line.addWidget(Glyph(icon, 16))
            line.addWidget(label(name))
            line.addStretch(1)
            value = label("…", "second")
            line.addWidget(value)
            self._facts[key] = value
            column.addLayout(line)
            column.addWidget(rule())
        column.addWidget(label(tr("Everything runs here. Nothing is sent anywhere."), "quiet", wrap=True))
        column.addStretch(1)
        keys = Button(tr("Keys"), "keyboard-outline")
        keys.clicked.connect(self.shell.show_keys)
        column.addWidget(keys)
        return side

    def concerned(self, changes: Changes) -> bool:
        return changes.any_of("case", "models", "preferences")

    def refresh(self) -> None:
        from app.operations.machine import facts

        cases = self.session.preferences.recent()
        self.session.pool.submit(lambda: [Path(c.folder, "case.db").is_file() for c in cases], self._show_recent)
        home = str(Path.home())
        self.session.pool.submit(lambda: shutil.disk_usage(home).free, self._show_space)
        device = self.session.device
        ask = lambda: self.session.pool.submit(lambda: facts(device), self._show_machine)  # noqa: E731
        QTimer.singleShot(FACTS_MS, self, ask)

    def _show_recent(self, present: list[bool]) -> None:
        while self._recent.count():
            item = self._recent.takeAt(0)
            if item is not None and item.widget():
                item.widget().deleteLater()
        cases = self.session.preferences.recent()
        first: RecentRow | None = None
        for n, (case, there) in enumerate(zip(cases, present, strict=False)):
            row = RecentRow(case, _when(case.opened), missing=not there, first=n == 0)
            row.opened.connect(self.shell.open_case)
            row.forgotten.connect(self._forget)
            self._recent.addWidget(row)
            first = first or row
        if first is None:
            words = label(tr("No case yet. Make one, or open the demo case to look around."), "quiet")
            words.setContentsMargins(16, 8, 16, 16)
            self._recent.addWidget(words)
        elif self.isVisible():
            first.show()  # laid out later, but focus goes only to what is shown
            first.setFocus()

    def _forget(self, folder: str) -> None:
        self.session.preferences.forget(folder)
        self.refresh()

    def _show_space(self, free: int) -> None:
        self._facts["space"].setText(tr("{n} GB free").format(n=free // 1_000_000_000))

    def _show_machine(self, found: object) -> None:
        from app.operations.machine import Facts

        assert isinstance(found, Facts)
        self._facts["device"].setText(found.device)
        self._facts["device"].setToolTip(found.provider)
        self._facts["model"].setText(found.model or tr("none installed"))
        set_role(self._facts["model"], "warning" if found.provisional else "second")
        self._provisional.setVisible(bool(found.provisional))
        self._provisional_text.setText(found.provisional)
        self.shell.show_machine(found)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        self.shell.open_case(event.mimeData().urls()[0].toLocalFile())


def _when(text: str) -> str:
    when = datetime.fromisoformat(text).astimezone()
    today = datetime.now().astimezone().date() == when.date()
    return tr("today, {t}").format(t=when.strftime("%H:%M")) if today else day(when, year=True)


PAGE = StartPage
