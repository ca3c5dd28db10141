"""Settings: device, theme, keys, memory for thumbnails, examiner."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QKeySequenceEdit,
    QLineEdit,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.keys import COMMANDS, SCOPES, Command
from app.pages import PAGES
from app.pages.base import Page
from app.preferences import CACHE_MEGABYTES
from app.session import Changes, Session
from app.widgets.basic import Button, ComboBox, Segment, box, inset, label, styled
from app.words import language_name, languages, spoken_language, tr
from engine.settings import user_data_dir

DEVICES = ("auto", "cpu", "cuda", "tensorrt", "directml", "coreml")


class SettingsPage(Page):
    """Every change takes effect at once."""

    name, title, needs_case = "settings", tr("Settings"), False

    def __init__(self, session: Session, window: object) -> None:
        super().__init__(session, window)  # type: ignore[arg-type]
        row = box(QHBoxLayout(), 16, (16, 16, 16, 16))
        left = box(QVBoxLayout(), 16)
        left.addWidget(self._general())
        left.addStretch(1)
        row.addLayout(left, 1)
        row.addWidget(self._keys(), 1)
        self.body.addLayout(row, 1)

    def _card(self, title: str) -> tuple[QFrame, QVBoxLayout]:
        frame = QFrame()
        frame.setObjectName("card")
        column = box(QVBoxLayout(frame), 12, (16, 12, 16, 16))
        column.addWidget(label(title, "item"))
        return frame, column  # type: ignore[return-value]

    def _show_theme(self) -> None:
        self._look.select(theme.themer.name)

    def _general(self) -> QWidget:
        preferences = self.session.preferences
        frame, column = self._card(tr("This program"))
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(12)
        examiner = QLineEdit(preferences.examiner)
        examiner.editingFinished.connect(lambda: self._set("examiner", examiner.text().strip()))
        form.addRow(tr("Examiner"), examiner)
        self._look = Segment(tr("Theme"), [(tr("Dark"), "dark"), (tr("Light"), "light")])
        self._show_theme()
        self._look.chosen.connect(self._set_theme)
        theme.themer.changed.connect(self._show_theme)
        form.addRow(tr("Theme"), self._look)
        form.addRow(tr("Language"), self._languages())
        device = ComboBox()
        device.addItems(list(DEVICES))
        device.setCurrentText(preferences.device)
        device.textActivated.connect(lambda name: self._set("device", name))
        form.addRow(tr("Compute on"), device)
        cache = QSpinBox()
        cache.setRange(32, 8192)
        cache.setSuffix(" MB")
        inset(cache)
        cache.setValue(int(preferences.get("cache_megabytes", CACHE_MEGABYTES)))
        cache.valueChanged.connect(lambda value: preferences.set("cache_megabytes", value))
        form.addRow(tr("Memory for thumbnails"), cache)
        form.addRow(tr("Kept in"), label(str(user_data_dir()), "mono", wrap=True, selectable=True))
        names = (tr("Examiner"), tr("Theme"), tr("Compute on"), tr("Memory for thumbnails"))
        for widget, name in zip((examiner, self._look, device, cache), names, strict=True):
            widget.setAccessibleName(name)
        column.addLayout(form)
        words = tr("The examiner's name is used when a case is opened; the log keeps who did what.")
        column.addWidget(label(words, "quiet", wrap=True))
        words = tr(
            "A case keeps what can be computed again in its own folder 'cache', which may be deleted at any time."
        )
        column.addWidget(label(words, "quiet", wrap=True))
        return frame

    def _languages(self) -> ComboBox:
        found = ComboBox()
        found.setAccessibleName(tr("Language"))
        for code in languages():
            found.addItem(language_name(code), code)
        found.setCurrentIndex(max(found.findData(self.session.preferences.language or spoken_language()), 0))
        found.activated.connect(self._set_language)
        return found

    def _set_language(self, place: int) -> None:
        code = languages()[place]
        self.session.preferences.set("language", code)
        if code != spoken_language():
            words = tr("The window speaks {language} from its next start.").format(language=language_name(code))
            self.session.message.emit("plain", words, "")

    def _keys(self) -> QWidget:
        frame, column = self._card(tr("Keys"))
        self._problem = label("", "error", wrap=True)
        self._problem.hide()
        column.addWidget(self._problem)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(tr("Keys"))
        holder = styled(QWidget(), "panel")
        form = QFormLayout(holder)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._edits: dict[str, QKeySequenceEdit] = {}
        titles = {entry.name: entry.title for entry in PAGES}
        for scope in SCOPES:
            form.addRow(label(titles.get(scope, tr("Everywhere")), "strong"))
            for command in (c for c in COMMANDS if c.scope == scope):
                edit = QKeySequenceEdit(QKeySequence(self.session.keymap.key(command.name)))
                edit.setMaximumSequenceLength(1)
                edit.setAccessibleName(command.text)
                edit.editingFinished.connect(lambda c=command: self._bind(c))
                form.addRow(label(command.text), edit)
                self._edits[command.name] = edit
        scroll.setWidget(holder)
        column.addWidget(scroll, 1)
        restore = Button(tr("Restore default keys"), "restore")
        restore.clicked.connect(self._restore)
        column.addWidget(restore)
        return frame

    def _bind(self, command: Command) -> None:
        edit = self._edits[command.name]
        wanted = edit.keySequence().toString(QKeySequence.SequenceFormat.PortableText)
        holder = self.session.keymap.bind(command.name, wanted)
        self._problem.setVisible(holder is not None)
        if holder is None:
            return
        words = tr("{key} already means '{other}'. Change that one first.")
        shown = edit.keySequence().toString(QKeySequence.SequenceFormat.NativeText)
        self._problem.setText(words.format(key=shown, other=holder.text))
        edit.setKeySequence(QKeySequence(self.session.keymap.key(command.name)))

    def _restore(self) -> None:
        self.session.keymap.restore_defaults()
        for name, edit in self._edits.items():
            edit.setKeySequence(QKeySequence(self.session.keymap.key(name)))

    def _set(self, name: str, value: str) -> None:
        self.session.preferences.set(name, value)
        self.session.changed.emit(Changes(preferences=True))

    def _set_theme(self, name: object) -> None:
        if name != theme.themer.name:
            self.session.preferences.set("theme", name)
            app = QApplication.instance()
            assert isinstance(app, QApplication)
            theme.apply(app, str(name))


PAGE = SettingsPage
