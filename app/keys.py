"""Every command that has a key: its words, its default key, and the user's own bindings.

Keys reach the window after the focused widget declined them, so a letter typed into a text field stays a letter.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QKeyCombination, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QKeySequenceEdit,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from app.observing import FEATURES
from app.preferences import Preferences
from app.words import tr

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
FIELDS = (QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit, QKeySequenceEdit)


@dataclass(frozen=True, slots=True)
class Command:
    """`scope` is the page it belongs to, '' everywhere."""

    name: str
    text: str
    key: str
    scope: str = ""


def _command(scope: str, *rows: tuple[str, str, str]) -> list[Command]:
    return [Command(name, text, key, scope) for name, text, key in rows]


COMMANDS: tuple[Command, ...] = tuple(
    _command(
        "",
        ("page.start", tr("Start page"), "Ctrl+1"),
        ("page.footage", tr("Footage page"), "Ctrl+2"),
        ("page.review", tr("Review page"), "Ctrl+3"),
        ("page.people", tr("People page"), "Ctrl+4"),
        ("page.search", tr("Search page"), "Ctrl+5"),
        ("page.subjects", tr("Subjects page"), "Ctrl+6"),
        ("page.report", tr("Report page"), "Ctrl+7"),
        ("page.activity", tr("Activity page"), "Ctrl+8"),
        ("case.new", tr("New case"), "Ctrl+N"),
        ("case.open", tr("Open case"), "Ctrl+O"),
        ("case.read", tr("Open case read-only"), "Ctrl+Shift+O"),
        ("case.write", tr("Open for writing"), "Ctrl+Shift+E"),
        ("case.demo", tr("Open the demo case"), "Ctrl+D"),
        ("case.close", tr("Close case"), "Ctrl+W"),
        ("quit", tr("Quit"), "Ctrl+Q"),
        ("footage.add", tr("Add footage"), "Ctrl+Shift+A"),
        ("footage.moved", tr("Find moved footage"), "Ctrl+Shift+M"),
        ("undo", tr("Undo the last decision; on Review the last mark"), "Ctrl+Z"),
        ("keys", tr("Show keys"), "?"),
        ("jobs", tr("Show running work"), "Ctrl+J"),
        ("fullscreen", tr("Full screen"), "F11"),
        ("panel", tr("Show or hide the right panel"), "F9"),
        ("cameras", tr("Cameras and site plan"), "Ctrl+M"),
    )
    + _command(
        "footage",
        ("footage.ingest", tr("Ingest the selected item"), "I"),
        ("footage.all", tr("Ingest all that is waiting"), "Shift+I"),
        ("footage.review", tr("Review the selected item"), "Enter"),
        ("footage.pause", tr("Pause the selected item’s ingest, or go on"), "Space"),
        ("footage.first", tr("Ingest the selected item before all that wait"), "F"),
        ("footage.cancel", tr("Cancel the selected item’s ingest"), "Del"),
        ("footage.pause_all", tr("Pause all work, or go on"), "Shift+Space"),
        ("footage.verify", tr("Verify the selected item now"), "V"),
        ("footage.verify_all", tr("Verify all items"), "Shift+V"),
        ("footage.copy", tr("Copy the selected item’s SHA-256"), "Ctrl+C"),
        ("footage.folder", tr("Add a folder of images"), "Ctrl+Shift+F"),
        ("footage.find", tr("Find an item"), "Ctrl+F"),
    )
    + _command(
        "review",
        ("play", tr("Play or pause"), "Space"),
        ("step.back", tr("One frame back"), ","),
        ("step.forward", tr("One frame forward"), "."),
        ("step.first", tr("First frame"), "Home"),
        ("step.last", tr("Last frame"), "End"),
        ("skip.back", tr("Ten seconds back"), "Left"),
        ("skip.forward", tr("Ten seconds forward"), "Right"),
        ("person.next", tr("Next person"), "J"),
        ("person.previous", tr("Previous person"), "Shift+J"),
        ("frame.person", tr("Next person in this frame"), "K"),
        ("search", tr("Search the RGB archive"), "Enter"),
        ("query.add", tr("Add to the query"), "A"),
        ("time.go", tr("Go to a time"), "Ctrl+G"),
        ("lost.next", tr("Next stretch that was not decoded"), "E"),
        ("timeline.in", tr("Zoom the timeline in"), "+"),
        ("timeline.out", tr("Zoom the timeline out"), "-"),
        ("timeline.all", tr("Show all of the item on the timeline"), "0"),
        ("still.export", tr("Export a still of this frame"), "Ctrl+E"),
        ("mark.add", tr("Mark this frame"), "M"),
        ("mark.next", tr("Next mark"), "N"),
        ("mark.previous", tr("Previous mark"), "Shift+N"),
        ("mark.edit", tr("Edit the chosen mark"), "F2"),
        ("mark.remove", tr("Remove the chosen mark"), "Del"),
        ("boxes", tr("Show boxes"), "B"),
        ("paths", tr("Show paths"), "T"),
    )
    + _command(
        "people", ("people.search", tr("Search from here"), "Enter"), ("people.footage", tr("Show in footage"), "V")
    )
    + _command(
        "search",
        ("confirm", tr("Confirm"), "P"),
        ("reject", tr("Reject"), "X"),
        ("inconclusive", tr("Inconclusive"), "U"),
        ("none", tr("No candidate is this person"), "N"),
        ("change", tr("Change what is recorded of a candidate"), "E"),
        ("apart", tr("Cannot be the same person"), "I"),
        ("compare", tr("Compare"), "C"),
        ("grid", tr("Grid"), "G"),
        ("frame", tr("Crop or full frame"), "F"),
        ("details", tr("Details"), "D"),
        ("filter.time", tr("Limit the time"), "T"),
        ("search.run", tr("Search with these filters"), "Ctrl+Enter"),
        ("hide", tr("Hide decided"), "H"),
        ("loop", tr("Loop both clips"), "L"),
        *(
            (f"observe.{n}", tr("Observe: {feature}").format(feature=text), str(n))
            for n, (_, text) in enumerate(FEATURES, start=1)
        ),
        ("reason", tr("Write the reason"), "R"),
        ("clips.play", tr("Play or pause both clips"), "K"),
        ("clip.back", tr("Candidate’s clip: one frame back"), ","),
        ("clip.forward", tr("Candidate’s clip: one frame forward"), "."),
        ("query.back", tr("Query’s clip: one frame back"), "Ctrl+,"),
        ("query.forward", tr("Query’s clip: one frame forward"), "Ctrl+."),
        ("heat", tr("Heat map: an aid, not evidence"), "M"),
        ("blind", tr("Blind mode"), "B"),
        ("preview", tr("Preview"), "Space"),
        ("again", tr("Search from here"), "Enter"),
        ("zoom.in", tr("Zoom in"), "+"),
        ("zoom.out", tr("Zoom out"), "-"),
        ("zoom.fit", tr("Fit"), "0"),
        ("candidate.next", tr("Next candidate"), "Right"),
        ("candidate.previous", tr("Previous candidate"), "Left"),
        ("footage.show", tr("Show in footage"), "V"),
    )
    + _command(
        "subjects",
        ("appearance.previous", tr("Previous appearance"), "["),
        ("appearance.next", tr("Next appearance"), "]"),
        ("map", tr("Map or lanes"), "M"),
        ("lanes.in", tr("Show less time on the lanes"), "+"),
        ("lanes.out", tr("Show more time on the lanes"), "-"),
        ("lanes.all", tr("Show all time on the lanes"), "0"),
        ("plan.choose", tr("Choose a site plan for the map"), "Shift+P"),
        ("subject.find", tr("Find a subject by name or note"), "Ctrl+F"),
        ("subject.rename", tr("Rename the subject"), "F2"),
        ("subject.merge", tr("Merge with another subject"), "Shift+J"),
        ("subject.split", tr("Split the selected appearances off"), "Shift+S"),
        ("subject.remove", tr("Remove the selected appearances"), "Del"),
        ("subject.search", tr("Search from the chosen appearance"), "Enter"),
        ("subject.sheet", tr("Write a contact sheet"), "Ctrl+E"),
        ("subject.footage", tr("Show in footage"), "V"),
    )
    + _command("report", ("report.write", tr("Write the folder"), "Ctrl+E"))
)
SCOPES = ("", "footage", "review", "people", "search", "subjects", "report")


def canonical(key: str) -> str:
    """One spelling per key ('Return' and 'Enter' are one)."""
    text = QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)
    return text.replace("Return", "Enter")


class KeyMap(QObject):
    """The bindings in force."""

    changed = Signal()

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self._preferences = preferences
        self._bound = {c.name: canonical(c.key) for c in COMMANDS}
        self._bound.update({k: canonical(v) for k, v in preferences.keys().items() if k in self._bound})

    def key(self, name: str) -> str:
        """The key of a command, '' where it has none."""
        return self._bound.get(name, "")

    def shown(self, name: str) -> str:
        """The key of a command as keyboards of the user's language name it: 'Strg+O'."""
        return QKeySequence(self.key(name)).toString(QKeySequence.SequenceFormat.NativeText)

    def conflict(self, name: str, key: str) -> Command | None:
        """The command that already has `key` where `name` would hear it."""
        mine = next(c for c in COMMANDS if c.name == name)
        for other in COMMANDS:
            shared = other.scope == mine.scope or "" in (other.scope, mine.scope)
            if other.name != name and shared and self._bound[other.name] == canonical(key):
                return other
        return None

    def bind(self, name: str, key: str) -> Command | None:
        """Give `name` the key; returns the command that holds it already, and changes nothing, on a conflict."""
        holder = self.conflict(name, key) if key else None
        if holder is None:
            self._bound[name] = canonical(key)
            self._save()
        return holder

    def restore_defaults(self) -> None:
        self._bound = {c.name: canonical(c.key) for c in COMMANDS}
        self._save()

    def match(self, event: QKeyEvent, scope: str) -> str | None:
        """The command of a key press on the page `scope`."""
        pressed = _spelling(event)
        for command in COMMANDS:
            if command.scope in (scope, "") and pressed and self._bound[command.name] == pressed:
                return command.name
        return None

    def _save(self) -> None:
        changed = {c.name: self._bound[c.name] for c in COMMANDS if self._bound[c.name] != canonical(c.key)}
        self._preferences.set_keys(changed)
        self.changed.emit()


def belongs_to(widget: QWidget | None, event: QKeyEvent) -> bool:
    """Whether a key that this widget declined is its own all the same, so that no command of the page hears it.

    In a field every plain key is text, also one that the field has no use for; Enter means the focused button or box.
    """
    beside = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
    if event.modifiers() & beside or Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35:
        return False
    if isinstance(widget, FIELDS):
        return True
    return isinstance(widget, QAbstractButton) and event.key() in ENTER


def press_enter(widget: QWidget | None, event: QKeyEvent) -> None:
    """Do with Enter what people expect of a focused button, check box or list of choices."""
    if event.key() not in ENTER or event.isAutoRepeat():
        return
    if isinstance(widget, QAbstractButton):
        widget.click()
    elif isinstance(widget, QComboBox):
        widget.showPopup()


def _spelling(event: QKeyEvent) -> str:
    key = event.key()
    if key in (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_unknown):
        return ""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    text = event.text()
    if text and text.isprintable() and not text.isalpha() and not text.isspace():
        modifiers &= ~Qt.KeyboardModifier.ShiftModifier  # '?' is '?' whatever the keyboard needs for it
    combination = QKeyCombination(modifiers, Qt.Key(key))
    return canonical(QKeySequence(combination).toString(QKeySequence.SequenceFormat.PortableText))
