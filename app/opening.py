"""A case that cannot be opened for writing is offered for reading."""

from __future__ import annotations

from PySide6.QtWidgets import QMessageBox, QWidget

from app.dialogs import CaseChoice
from app.operations import cases
from app.plain import plain
from app.session import Session
from app.words import tr
from engine.errors import CaseLockedError, StorageError

ON_A_COPY = tr("To work on it, copy its whole folder to a place where you may write, and open the copy.")


def offer_reading(parent: QWidget, session: Session, wanted: CaseChoice, error: Exception) -> None:
    """Ask where somebody else writes to the case, or nobody can; any other failure is told."""
    if not isinstance(error, (CaseLockedError, StorageError)):
        session.failed.emit(error)
        return
    question = plain(" ".join((str(error), tr("Open it read-only here?"))))
    buttons = QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No
    if QMessageBox.question(parent, tr("Open case"), question, buttons) == QMessageBox.StandardButton.Yes:
        because = f"{error} {ON_A_COPY}" if isinstance(error, StorageError) else str(error)
        cases.open_case(session, wanted.folder, wanted.examiner, writable=False, because=because)
