"""The few dialogs: case, key sheet, one text."""

from __future__ import annotations

import re
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
from app.places import CASES, last_place, remember_place
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


def pick_place(parent: QWidget, session: Session, title: str, purpose: str) -> str:
    """A folder for this purpose, beginning where the last one was; '' if the user thought better of it."""
    place = pick_folder(parent, title, last_place(session.preferences, purpose))
    if place:
        remember_place(session.preferences, purpose, place)
    return place


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
        self._new, self._place = new, last_place(session.preferences, CASES)
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
            self._proposed = ""
            self.title.textEdited.connect(lambda _text: self._propose(Path(self._place)))
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
        chosen = pick_folder(self, self.windowTitle(), self.folder.text() or self._place)
        if chosen and self._new and _filled(Path(chosen)):
            self.folder.setText(self._proposed)
            self._propose(Path(chosen))  # not in the midst of what lies there
        elif chosen:
            self.folder.setText(chosen)

    def _propose(self, place: Path) -> None:
        """A folder of the case's name in `place`, unless another was typed."""
        if self.folder.text() == self._proposed:
            name = re.sub(r"[^\w .-]+", "_", self.title.text()).strip(" .")
            self._place, self._proposed = str(place), str(place / (name or tr("Case")))
            self.folder.setText(self._proposed)

    def accept(self) -> None:
        needed = (
            (self.title, tr("Give the case a title.")) if self._new else None,
            (self.folder, tr("Choose the folder of the case.")),
            (self.examiner, tr("Say who is working: the log names who did what.")),
        )
        for edit, words in (each for each in needed if each is not None):
            if not edit.text().strip():
                self._problem.setText(words)
                edit.setFocus()
                return
        super().accept()

    def choice(self) -> CaseChoice:
        folder = Path(self.folder.text().strip()).expanduser()
        return CaseChoice(folder, self.title.text().strip(), self.examiner.text().strip())


def _filled(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except OSError:  # making the case will say what is wrong with it
        return False


def ask_case(parent: QWidget, session: Session) -> CaseChoice | None:
    """Ask for a new case."""
    return _asked(CaseDialog(parent, session, "", new=True), session)


def choose_case(parent: QWidget, session: Session, folder: str = "") -> CaseChoice | None:
    """Ask which case to open and who opens it; asks nothing where both are known."""
    if folder and session.preferences.examiner:
        return CaseChoice(Path(folder), "", session.preferences.examiner)
    return _asked(CaseDialog(parent, session, folder, new=False), session)


def _asked(dialog: CaseDialog, session: Session) -> CaseChoice | None:
    if not dialog.exec():
        return None
    choice = dialog.choice()
    remember_place(session.preferences, CASES, choice.folder.absolute().parent)
    return choice


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


def show_cameras(parent: QWidget, session: Session) -> None:
    """Every camera of the case on the map, with its clock; where each stands, and the plan under them."""
    from app.widgets.cameras_dialog import CamerasDialog

    if session.is_open:
        dialog = CamerasDialog(parent, session)
        dialog.exec()
        dialog.deleteLater()


def _keys_of(scope: str, keymap: KeyMap) -> tuple[QGridLayout, int]:
    """The keys of one page, or those that work everywhere, under its name; and how many lines they take."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(6)
    titles = {entry.name: entry.title for entry in PAGES}
    grid.addWidget(label(titles.get(scope, tr("Everywhere")), "item"), 0, 0, 1, 2)
    rows = [command for command in COMMANDS if command.scope == scope]
    for n, command in enumerate(rows, start=1):
        grid.addWidget(label(keymap.shown(command.name), "mono"), n, 0)
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
