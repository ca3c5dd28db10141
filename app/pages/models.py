"""Models: the cards of what is on this machine, import, default, and the archive embedded anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.operations import machine
from app.operations.machine import ModelRow
from app.pages.base import Page
from app.places import MODELS, last_place, remember_place
from app.read_only import writes
from app.session import Changes, Session
from app.widgets.basic import Button, Glyph, box, label, name_width, styled
from app.words import short_hash, tr
from engine.models.card import Making, ModelCard

KINDS = {"student": tr("Re-identification"), "detector": tr("Detector")}


class ModelsPage(Page):
    """Works without a case."""

    name, title, needs_case = "models", tr("Models"), False

    def __init__(self, session: Session, window: object) -> None:
        super().__init__(session, window)  # type: ignore[arg-type]
        self.header.add(self.button(tr("Import model…"), "import", "", self._import, primary=True))
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(tr("Cards of the models"))
        holder = styled(QWidget(), "page")
        self._column = box(QVBoxLayout(holder), 12, (16, 12, 16, 16))
        self._column.addStretch(1)
        scroll.setWidget(holder)
        self.body.addWidget(scroll, 1)

    def concerned(self, changes: Changes) -> bool:
        return changes.any_of("case", "models", "tracklets")

    def refresh(self) -> None:
        self.session.pool.submit(lambda: machine.models(self.session), self._show, self.session.failed.emit, "models")
        self.session.pool.submit(machine.damaged, self._warn, self.session.failed.emit, "damaged models")

    def _warn(self, sentences: list[str]) -> None:
        for sentence in sentences:
            self.session.message.emit("warning", sentence, tr("Move its folder away, or import the model again."))

    def _show(self, rows: list[ModelRow]) -> None:
        self.header.subtitle.setText(tr("{n} models on this machine", "{n} model on this machine", len(rows)))
        while self._column.count() > 1:
            item = self._column.takeAt(0)
            if item is not None and item.widget():
                item.widget().deleteLater()
        for n, row in enumerate(rows):
            self._column.insertWidget(n, self._card(row))
        motion = tr("Built in besides: 'motion', a background model that finds moving people and needs no model file.")
        self._column.insertWidget(len(rows), label(motion, "quiet", wrap=True))

    def _card(self, row: ModelRow) -> QWidget:
        card = row.card
        frame = QFrame()
        frame.setObjectName("card")
        column = box(QVBoxLayout(frame), 8, (16, 12, 16, 12))
        head = box(QHBoxLayout(), 12)
        head.addWidget(Glyph("cube-outline", 20))
        head.addWidget(label(f"{card.name} {card.version}", "item"))
        kind = [KINDS.get(card.task, card.task), tr("built in") if row.builtin else tr("imported")]
        head.addWidget(label(" · ".join(kind + ([tr("used by default")] if row.default else [])), "second"))
        head.addStretch(1)
        for act in self._acts(row):
            head.addWidget(act)
        column.addLayout(head)
        if card.provisional:
            note = QFrame()
            note.setProperty("notice", "warning")
            inside = box(QHBoxLayout(note), 8, (10, 6, 10, 6))
            inside.addWidget(Glyph("alert-outline", 16, "warning_text"))
            inside.addWidget(label(card.provisional, "warning", wrap=True), 1)
            column.addWidget(note)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setColumnStretch(1, 1)
        made = card.made or Making()
        values = (
            (tr("What it is"), card.summary),  # what an analyst must know comes first
            (tr("Meant for"), card.intended_use),
            (tr("Limits"), "\n".join(card.limitations)),
            (tr("Not tested on"), "\n".join(card.not_tested_on)),
            (tr("Architecture"), card.architecture),
            (tr("Training data"), card.training_data),
            (tr("Sets"), "\n".join(data.words for data in made.data)),
            (tr("Training"), card.training),
            (tr("Command"), made.command),
            (tr("Made"), ", ".join(part for part in (made.date, made.hardware, made.duration) if part)),
            (tr("Code"), made.commit),
            (tr("Measured"), "\n".join(_measured(card))),
            (tr("Licence"), card.licence),
            (tr("Credits"), "\n".join(card.credits)),
            ("SHA-256", short_hash(card.sha256)),
        )
        for n, (name, value) in enumerate((name, value) for name, value in values if value):
            key = label(name, "quiet")
            key.setFixedWidth(max(96, name_width(*(name for name, _ in values))))
            grid.addWidget(key, n, 0, Qt.AlignmentFlag.AlignTop)
            exact = name in ("SHA-256", tr("Command"), tr("Code"))
            shown = label(value, "mono" if exact else "", wrap=True, selectable=True)
            if name == "SHA-256":
                shown.setToolTip(card.sha256)
            grid.addWidget(shown, n, 1)
        column.addLayout(grid)
        return frame

    def _acts(self, row: ModelRow) -> Iterator[Button]:
        if row.missing:
            embed = Button(tr("Embed the archive with it"), "refresh")
            embed.setToolTip(_lacking(row.missing))
            embed.clicked.connect(lambda: machine.embed_archive(self.session, row.card))
            writes(embed)
            yield embed
        if not row.default:
            use = Button(tr("Use by default"), "check")
            use.clicked.connect(lambda: machine.set_default(self.session, row.card))
            yield use

    def _import(self) -> None:
        filters = "ONNX (*.onnx);;" + tr("All files") + " (*)"
        start = last_place(self.session.preferences, MODELS)
        name, _ = QFileDialog.getOpenFileName(self, tr("Import model"), start, filters)
        if name:
            remember_place(self.session.preferences, MODELS, Path(name).parent)
            machine.import_model(self.session, Path(name))


def _lacking(crops: int) -> str:
    return tr(
        "{n} crops of this case have no embedding of this model.",
        "{n} crop of this case has no embedding of this model.",
        crops,
    )


def _measured(card: ModelCard) -> Iterator[str]:
    """A line for each set and protocol."""
    for (data, protocol), metrics in card.measured().items():
        figures = ", ".join(f"{m.name} {m.value:g} {m.unit}".rstrip() for m in metrics)
        yield f"{figures}: {f'{data}; ' if data else ''}{protocol}"


PAGE = ModelsPage
