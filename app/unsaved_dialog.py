"""Asked before words are lost that could not be recorded: what they are, why, and what may be done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.operations.unsaved import save_text
from app.places import REPORTS, last_place
from app.session import Session
from app.unrecorded import Answer, Unsaved, as_text
from app.widgets.basic import Button, box, label, set_role
from app.words import tr

FILE = "nightjar-not-saved.txt"
WIDTH, HEIGHT = 640, 360


class UnsavedDialog(QDialog):
    """Escape stays where one is; nothing is lost by that."""

    def __init__(self, parent: QWidget, session: Session, unsaved: Sequence[Unsaved], leave: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Not saved"))
        self.resize(WIDTH, HEIGHT)
        self._session = session
        self.answer = Answer.STAY
        column = box(QVBoxLayout(self), 12, (16, 16, 16, 16))
        column.addWidget(label(tr("This was typed and could not be saved in the case:"), "item", wrap=True))
        self.text = QPlainTextEdit(as_text(unsaved))
        self.text.setAccessibleName(tr("What could not be saved, and why"))
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        column.addWidget(self.text, 1)
        self.told = label("", "second", wrap=True)
        self.told.hide()
        column.addWidget(self.told)
        row = box(QHBoxLayout(), 8)
        self.save = Button(tr("Save the text to a file…"), "content-save-outline")
        self.stay, self.leave = Button(tr("Go back")), Button(leave)
        self.again = Button(tr("Try again"), "refresh", primary=True)
        for button, act in (
            (self.save, self._save),
            (self.stay, self.reject),
            (self.leave, lambda: self._end(Answer.LEAVE)),
            (self.again, lambda: self._end(Answer.AGAIN)),
        ):
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, do=act: do())
            row.addWidget(button)
            if button is self.save:
                row.addStretch(1)
        self.again.setDefault(True)
        column.addLayout(row)
        self.again.setFocus()

    def _end(self, answer: Answer) -> None:
        self.answer = answer
        self.accept()

    def _save(self) -> None:
        words, kinds = tr("Save the text to a file"), tr("Text") + " (*.txt)"
        start = str(Path(last_place(self._session.preferences, REPORTS)) / FILE)
        never_over = QFileDialog.Option.DontConfirmOverwrite
        name, _ = QFileDialog.getSaveFileName(self, words, start, kinds, options=never_over)
        if name:
            save_text(self._session, Path(name), self.text.toPlainText(), self._saved, self._not_saved)

    def _saved(self, path: Path) -> None:
        self._tell("second", tr("The text is in {path}.").format(path=path))

    def _not_saved(self, error: Exception) -> None:
        self._tell("error", f"{error} {getattr(error, 'hint', '')}".strip())

    def _tell(self, role: str, words: str) -> None:
        set_role(self.told, role)
        self.told.setText(words)
        self.told.show()


def ask_unsaved(parent: QWidget, session: Session, unsaved: Sequence[Unsaved], leave: str) -> Answer:
    """What the user wants; `leave` names the button that goes without the text."""
    dialog = UnsavedDialog(parent, session, unsaved, leave)
    dialog.exec()
    return dialog.answer
