"""The few dialogs: case, key sheet, one text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.keys import COMMANDS, SCOPES, KeyMap
from app.pages import PAGES
from app.session import Session
from app.widgets.basic import Button, box, label
from app.words import tr

KEY_COLUMNS = (3, 2)  # side by side: as many as the window is wide enough for
MARGIN = 48  # of the window around the key sheet


@dataclass(frozen=True, slots=True)
class CaseChoice:
    """What the user said about the case to open."""

    folder: Path
    title: str
    examiner: str


def pick_folder(parent: QWidget, title: str, start: str = "") -> str:
    """A folder, '' if the user thought better of it."""
    return QFileDialog.getExistingDirectory(parent, title, start)


def dialog_buttons(dialog: QDialog, accept: str) -> QDialogButtonBox:
    """Cancel, and the one that accepts."""
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    ok = Button(accept, primary=True)
    ok.setDefault(True)
    buttons.addButton(ok, QDialogButtonBox.ButtonRole.AcceptRole)
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    return buttons


class CaseDialog(QDialog):
    """Title, folder and examiner of a case; the title only where it is new."""

    def __init__(self, parent: QWidget, session: Session, folder: str, *, new: bool) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("New case") if new else tr("Open case"))
        self.setMinimumWidth(520)
        self._new = new
        self.title, self.folder, self.examiner = QLineEdit(), QLineEdit(folder), QLineEdit(session.preferences.examiner)
        self.title.setPlaceholderText(tr("2026-0417 Yard thefts"))
        browse = Button(tr("Browse…"), "folder-open-outline")
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        place = box(QHBoxLayout(), 8)
        place.addWidget(self.folder, 1)
        place.addWidget(browse)
        form = QFormLayout()
        if new:
            form.addRow(tr("Title"), self.title)
        words = tr("New, empty folder") if new else tr("Case folder")
        self.folder.setAccessibleName(words)  # the row's field is a layout, so its label does not name it
        form.addRow(words, place)
        form.addRow(tr("Examiner"), self.examiner)
        column = box(QVBoxLayout(self), 12, (16, 16, 16, 16))
        column.addLayout(form)
        self._problem = label("", "error", wrap=True)
        column.addWidget(self._problem)
        column.addWidget(dialog_buttons(self, tr("Create case") if new else tr("Open case")))

    def _browse(self) -> None:
        chosen = pick_folder(self, self.windowTitle(), self.folder.text())
        if chosen:
            self.folder.setText(chosen)

    def accept(self) -> None:
        missing = not self.folder.text().strip() or not self.examiner.text().strip()
        if missing or (self._new and not self.title.text().strip()):
            self._problem.setText(tr("Fill in every line: the log names who did what, in which case."))
            return
        super().accept()

    def choice(self) -> CaseChoice:
        return CaseChoice(Path(self.folder.text().strip()), self.title.text().strip(), self.examiner.text().strip())


def ask_case(parent: QWidget, session: Session) -> CaseChoice | None:
    """Ask for a new case."""
    dialog = CaseDialog(parent, session, "", new=True)
    return dialog.choice() if dialog.exec() else None


def choose_case(parent: QWidget, session: Session, folder: str = "") -> CaseChoice | None:
    """Ask which case to open and who opens it; asks nothing where both are known."""
    if folder and session.preferences.examiner:
        return CaseChoice(Path(folder), "", session.preferences.examiner)
    dialog = CaseDialog(parent, session, folder, new=False)
    return dialog.choice() if dialog.exec() else None


class TextDialog(QDialog):
    """One question, one text."""

    def __init__(self, parent: QWidget, title: str, question: str, text: str, accept: str, *, needed: bool) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(460)
        self._needed = needed
        self.edit = QPlainTextEdit(text)
        self.edit.setAccessibleName(question)
        self.edit.setTabChangesFocus(True)
        self.edit.setFixedHeight(96)
        column = box(QVBoxLayout(self), 12, (16, 16, 16, 16))
        column.addWidget(label(question, wrap=True))
        column.addWidget(self.edit)
        column.addWidget(label(tr("Ctrl+Enter: {what}").format(what=accept), "quiet"))
        self._buttons = dialog_buttons(self, accept)
        column.addWidget(self._buttons)

    def keyPressEvent(self, event: object) -> None:  # noqa: N802
        """Ctrl+Enter accepts, since Enter is a new line."""
        from PySide6.QtGui import QKeyEvent

        assert isinstance(event, QKeyEvent)
        pressed = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if pressed and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.accept()
        else:
            super().keyPressEvent(event)

    def accept(self) -> None:
        if self._needed and not self.edit.toPlainText().strip():
            self.edit.setFocus()
            return
        super().accept()


def ask_text(parent: QWidget, title: str, question: str, accept: str, text: str = "", *, needed: bool) -> str | None:
    """The text, None if the user cancelled. `needed`: an empty text is not accepted."""
    dialog = TextDialog(parent, title, question, text, accept, needed=needed)
    return dialog.edit.toPlainText().strip() if dialog.exec() else None


def _keys_of(scope: str, keymap: KeyMap) -> tuple[QGridLayout, int]:
    """The keys of one page, or those that work everywhere, under its name; and how many lines they take."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(6)
    titles = {entry.name: entry.title for entry in PAGES}
    grid.addWidget(label(titles.get(scope, tr("Everywhere")), "item"), 0, 0, 1, 2)
    rows = [command for command in COMMANDS if command.scope == scope]
    for n, command in enumerate(rows, start=1):
        grid.addWidget(label(keymap.key(command.name), "mono"), n, 0)
        grid.addWidget(label(command.text, "second"), n, 1)
    grid.setColumnStretch(1, 1)
    return grid, len(rows) + 2


def _key_columns(keymap: KeyMap, page: str, count: int) -> QWidget:
    inside = QWidget()
    row = box(QHBoxLayout(inside), 32, (0, 0, 16, 0))
    columns = [box(QVBoxLayout(), 16) for _ in range(count)]
    filled = [0] * count
    for scope in sorted(SCOPES, key=lambda scope: (scope != page, scope != "")):
        shortest = filled.index(min(filled))
        grid, rows = _keys_of(scope, keymap)
        columns[shortest].addLayout(grid)
        filled[shortest] += rows
    for each in columns:
        each.addStretch(1)
        row.addLayout(each)
    return inside


def key_sheet(parent: QWidget, keymap: KeyMap, page: str) -> None:
    """Every key, the current page's first."""
    dialog = QDialog(parent)
    dialog.setWindowTitle(tr("Keys"))
    column = box(QVBoxLayout(dialog), 12, (20, 16, 20, 16))
    room = parent.width() - MARGIN
    sheets = (_key_columns(keymap, page, count) for count in KEY_COLUMNS)
    inside = next((sheet for sheet in sheets if sheet.sizeHint().width() + MARGIN <= room), None)
    inside = inside or _key_columns(keymap, page, 1)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(inside)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setMinimumWidth(inside.sizeHint().width() + area.verticalScrollBar().sizeHint().width())
    column.addWidget(area, 1)
    column.addWidget(label(tr("Keys can be changed under Settings. In text fields letters are letters."), "quiet"))
    close = Button(tr("Close"))
    close.clicked.connect(dialog.accept)
    column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
    high = dialog.sizeHint().height() - area.sizeHint().height() + inside.sizeHint().height()
    dialog.resize(dialog.sizeHint().width(), min(high, parent.height() - MARGIN))
    dialog.exec()
