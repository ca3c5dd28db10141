"""Activity: what the software did, by whom, chained by hash; and the check of everything, now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLineEdit, QPlainTextEdit, QTableView, QWidget

from app import theme
from app.log_words import about, done, in_words, whole
from app.operations.verifying import verify
from app.pages.base import Page
from app.session import Changes, Session
from app.widgets.basic import Button, ComboBox, box, label, styled
from app.widgets.notices import Notice
from app.words import short_hash, tr
from engine.errors import Cancelled

if TYPE_CHECKING:
    from engine.store.audit import AuditEntry
    from engine.verify import VerifyReport

Index = QModelIndex | QPersistentModelIndex
PAGE_ROWS = 300
CELL = 400  # characters of the details; all of them stand below the table
ENTRY = 132  # pixels: seven lines
COLUMNS = (tr("No."), tr("When (UTC)"), tr("Who"), tr("What"), tr("About"), tr("Details"), tr("Hash"))


@dataclass(frozen=True, slots=True)
class Found:
    """One page of the log, and what the filters may choose from."""

    entries: list[AuditEntry]
    actors: list[str]
    actions: list[str]
    exhibits: dict[str, str]  # by the log's own name of an item
    total: int
    head: str


class AuditModel(QAbstractTableModel):
    """Newest first; older pages are fetched when the end comes into sight."""

    def __init__(self, more: Callable[[int], None]) -> None:
        super().__init__()
        self.entries: list[AuditEntry] = []
        self._exhibits: dict[str, str] = {}
        self._more = more
        self._ended = False

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:  # noqa: N802
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        entry = self.entries[index.row()]
        column = index.column()
        if role == Qt.ItemDataRole.FontRole:
            return theme.font(12, mono=column in (0, 1, 6))
        if role == Qt.ItemDataRole.ToolTipRole:
            return {3: entry.action, 4: entry.target, 6: entry.hash}.get(column)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        words = (
            str(entry.id),
            entry.at[:19].replace("T", " "),
            entry.actor,
            done(entry.action),
            about(entry.target, self._exhibits),
            in_words(entry.details)[:CELL],
            short_hash(entry.hash),
        )
        return words[column]

    def show(self, entries: list[AuditEntry], exhibits: dict[str, str]) -> None:
        self.beginResetModel()
        self._exhibits = exhibits
        self.entries, self._ended = entries, len(entries) < PAGE_ROWS
        self.endResetModel()

    def add(self, entries: list[AuditEntry]) -> None:
        self._ended = len(entries) < PAGE_ROWS
        if entries:
            self.beginInsertRows(QModelIndex(), len(self.entries), len(self.entries) + len(entries) - 1)
            self.entries += entries
            self.endInsertRows()

    def canFetchMore(self, parent: Index) -> bool:  # noqa: N802
        return not parent.isValid() and not self._ended and bool(self.entries)

    def fetchMore(self, _parent: Index) -> None:  # noqa: N802
        self._ended = True  # until the answer comes
        self._more(self.entries[-1].id)


class ActivityPage(Page):
    """The audit log."""

    name, title = "activity", tr("Activity")

    def __init__(self, session: Session, window: object) -> None:
        super().__init__(session, window)  # type: ignore[arg-type]
        self.header.add(
            self.button(tr("Verify everything now"), "shield-check-outline", "", self._verify, primary=True)
        )
        bar = styled(QWidget(), "topline")
        bar.setFixedHeight(48)
        row = box(QHBoxLayout(bar), 8, (16, 0, 16, 0))
        self._text = QLineEdit()
        self._text.setPlaceholderText(tr("Find in details"))
        self._text.setAccessibleName(tr("Find in details"))
        self._text.setFixedWidth(232)
        self._text.textChanged.connect(lambda _text: self.refresh())
        self._actor, self._action = ComboBox(), ComboBox()
        for combo, name in ((self._actor, tr("Who")), (self._action, tr("What"))):
            combo.setAccessibleName(name)
            combo.setMinimumWidth(190)
            combo.activated.connect(lambda _n: self.refresh())
        for widget in (self._text, self._actor, self._action):
            row.addWidget(widget)
        row.addStretch(1)
        self._head = label("", "mono", selectable=True)
        row.addWidget(label(tr("Head"), "quiet"))
        row.addWidget(self._head)
        copy = Button("", "content-copy", size="small")
        copy.setAccessibleName(tr("Copy the audit head"))
        copy.clicked.connect(self._copy)
        row.addWidget(copy)
        self.body.addWidget(bar)
        self._result = Notice()
        self._result.hide()
        self.body.addWidget(self._result)
        self.model = AuditModel(self._more)
        self.view = QTableView()
        self.view.setAccessibleName(tr("Audit log"))
        self.view.setModel(self.model)
        self.view.setShowGrid(False)
        self.view.setTabKeyNavigation(False)  # Tab leaves the table; arrows move in it
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(30)
        self.view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.view.setWordWrap(False)
        for n, width in enumerate((56, 172, 130, 170, 96, 0, 124)):
            if width:
                self.view.setColumnWidth(n, width)
        self.view.horizontalHeader().setSectionResizeMode(5, QHeaderView.ResizeMode.Stretch)
        self.view.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(self.view, 1)
        self.body.addWidget(self._build_entry())

    def _build_entry(self) -> QPlainTextEdit:
        entry = self._entry = QPlainTextEdit()
        entry.setReadOnly(True)
        entry.setTabChangesFocus(True)
        entry.setFont(theme.font(12, mono=True))
        entry.setFixedHeight(ENTRY)
        entry.setAccessibleName(tr("The chosen entry, as it stands in the log"))
        entry.setPlaceholderText(tr("Choose an entry to see all that is recorded of it."))
        self.view.selectionModel().currentRowChanged.connect(lambda now, _before: self._choose(now.row()))
        return entry

    def _choose(self, row: int) -> None:
        self._entry.setPlainText(whole(self.model.entries[row]) if row >= 0 else "")

    def concerned(self, changes: Changes) -> bool:
        return not changes.preferences

    def reset(self) -> None:
        self._text.clear()
        self._actor.clear()
        self._action.clear()
        self._result.hide()
        self._head.clear()
        self._head.setToolTip("")
        self.model.show([], {})
        self._choose(-1)

    def focus_main(self) -> None:
        self.view.setFocus()

    def _filters(self) -> dict[str, str | None]:
        return {
            "actor": self._actor.currentText() if self._actor.currentIndex() > 0 else None,
            "action": self._action.currentData() if self._action.currentIndex() > 0 else None,
            "text": self._text.text().strip() or None,
        }

    def refresh(self) -> None:
        filters = self._filters()

        def ask(case: Any) -> Found:
            log, exhibits = case.audit, {item.target: item.exhibit for item in case.evidence.list()}
            entries = log.entries(**filters, limit=PAGE_ROWS)
            return Found(entries, log.actors(), log.actions(), exhibits, log.count(), log.head)

        self.session.read(ask, self._show, key="activity")

    def _more(self, before: int) -> None:
        filters = self._filters()

        def add(entries: list[AuditEntry]) -> None:
            shown = self.model.entries
            if shown and shown[-1].id == before and filters == self._filters():  # still what they follow
                self.model.add(entries)

        self.session.read(
            lambda case: case.audit.entries(**filters, before=before, limit=PAGE_ROWS), add, key="activity+"
        )

    def _show(self, found: Found) -> None:
        self.header.subtitle.setText(tr("{n} entries", "{n} entry", found.total))
        for combo, first, words in (
            (self._actor, tr("Everybody"), {name: name for name in found.actors}),
            (self._action, tr("Everything"), {name: done(name) for name in found.actions}),
        ):
            now = combo.currentData()
            combo.clear()
            combo.addItem(first)
            for name, shown in sorted(words.items(), key=lambda each: each[1].casefold()):
                combo.addItem(shown, name)
            combo.setCurrentIndex(max(combo.findData(now), 0) if now else 0)
        row = self.view.currentIndex().row()
        chosen = self.model.entries[row].id if row >= 0 else None
        self.model.show(found.entries, found.exhibits)
        row = next((n for n, entry in enumerate(found.entries) if entry.id == chosen), -1)
        if row >= 0:
            self.view.selectRow(row)
        self._choose(row)
        self._head.setText(short_hash(found.head))
        self._head.setToolTip(found.head)

    def _copy(self) -> None:
        from PySide6.QtGui import QGuiApplication

        QGuiApplication.clipboard().setText(self._head.toolTip())

    def _verify(self) -> None:
        self._result.show_message("plain", tr("Checking evidence hashes, the log's chain, the database and the crops…"))
        self._result.show()
        verify(self.session, self._verified, self._not_verified)

    def _not_verified(self, error: Exception) -> None:
        if isinstance(error, Cancelled):
            self._result.show_message("warning", tr("The check was cancelled: nothing is known yet."))
        else:
            self._result.show_message("error", tr("The check did not come to its end: {why}").format(why=error))

    def _verified(self, report: VerifyReport) -> None:
        if report.passed:
            words = tr("Everything is as it was: {items}, {entries} in the log, {crops}.").format(
                items=tr("{n} evidence items", "{n} evidence item", report.evidence_items),
                entries=tr("{n} entries", "{n} entry", report.audit_entries),
                crops=tr("{n} crops", "{n} crop", report.crops),
            )
            self._result.show_message("plain", " ".join((words, report.limit)).rstrip())
        else:
            more = tr("{n} findings", "{n} finding", len(report.findings))
            words = "; ".join(finding.sentence for finding in report.findings[:3])
            self._result.show_message("error", f"{more}: {words}")


PAGE = ActivityPage
