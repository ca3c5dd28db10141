"""Colours, type and style sheet of the window: the one place that knows how it looks.

Greys are pure neutral so that they never tint an image; one accent, no green. Text pairs reach 4.5:1.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from engine.settings import resources_dir

SANS, MONO = "Inter", "JetBrains Mono"
FONT_FILES = ("Inter-Regular.otf", "Inter-SemiBold.otf", "JetBrainsMono-Regular.ttf")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Every colour by its use, `#rrggbb`."""

    window: str
    panel: str
    raised: str
    hover: str
    line: str
    control: str
    surround: str
    text1: str
    text2: str
    text3: str
    accent: str
    accent_fill: str
    accent_text: str
    selected: str
    confirmed_fill: str
    confirmed_text: str
    inconclusive_fill: str
    inconclusive_text: str
    rejected_fill: str
    rejected_text: str
    warning_fill: str
    warning_edge: str
    warning_text: str
    error_fill: str
    error_edge: str
    error_text: str
    ir_fill: str
    ir_text: str
    ir_edge: str
    rgb_fill: str
    rgb_text: str
    rgb_edge: str
    track: str


DARK = Tokens(
    *("#1b1b1b", "#232323", "#2c2c2c", "#363636", "#3a3a3a", "#808080", "#3c3c3c"),
    *("#ededed", "#c0c0c0", "#a0a0a0"),
    *("#8ab8e6", "#2e6499", "#ffffff", "#22364a"),
    *("#1f3d5e", "#b5d5f5", "#42365e", "#d9caf7", "#424242", "#d6d6d6"),
    *("#3a3019", "#7d6530", "#f2cd82", "#472321", "#8a3f3a", "#ffaaa2"),
    *("#111111", "#ffffff", "#dddddd", "#dedede", "#111111", "#dedede", "#141414"),
)
LIGHT = Tokens(
    *("#efefef", "#fafafa", "#ffffff", "#e6e6e6", "#d2d2d2", "#7e7e7e", "#bdbdbd"),
    *("#1a1a1a", "#434343", "#5c5c5c"),
    *("#1c5a96", "#1f5f9e", "#ffffff", "#d7e6f5"),
    *("#cfe2f7", "#123f6d", "#e4dbf8", "#46337a", "#dadada", "#3a3a3a"),
    *("#fbf1d5", "#cfae55", "#634500", "#fbe1de", "#d98b84", "#96201a"),
    *("#1b1b1b", "#ffffff", "#1b1b1b", "#ffffff", "#111111", "#868686", "#dcdcdc"),
)
THEMES = {"dark": DARK, "light": LIGHT}
OVER_FOOTAGE = DARK.accent  # with a black edge, it stands out from footage of any brightness, whatever the theme


class _Themer(QObject):
    """Announces a change of theme; custom-painted widgets repaint on it."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.name = "dark"


themer = _Themer()


def tokens() -> Tokens:
    """The colours in force."""
    return THEMES[themer.name]


def color(name: str, alpha: int = 255) -> QColor:
    """A token as a colour; `alpha` in 0..255. Not to be changed by who gets it."""
    return _color(themer.name, name, alpha)


@cache  # delegates ask for the same few, thousands of times a second
def _color(theme: str, name: str, alpha: int) -> QColor:
    value = QColor(getattr(THEMES[theme], name))
    value.setAlpha(alpha)
    return value


@cache
def font(size: int = 13, *, bold: bool = False, mono: bool = False) -> QFont:
    """Inter with tabular figures (or JetBrains Mono) of `size` logical pixels. Not to be changed by who gets it."""
    made = QFont(MONO if mono else SANS)
    made.setStyleHint(QFont.StyleHint.Monospace if mono else QFont.StyleHint.SansSerif)
    made.setPixelSize(size)
    made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    made.setFeature(QFont.Tag("calt"), 0)  # both faces would draw a file's '480x360' as '480×360', and '->' as an arrow
    if not mono:
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


def load_fonts() -> None:
    """Register the bundled faces; the system's fonts stand in where a file is missing."""
    for name in FONT_FILES:
        path = resources_dir() / "fonts" / name
        if path.is_file():
            QFontDatabase.addApplicationFont(str(path))


def apply(app: QApplication, name: str) -> None:
    """Dress the application in 'dark' or 'light'."""
    themer.name = name if name in THEMES else "dark"
    if not app.styleSheet():  # once: a new style looks at every widget there is, as the sheet does again
        app.setStyle("Fusion")
        app.setFont(font())
    app.setPalette(_palette(tokens()))
    app.setStyleSheet(style_sheet(tokens()))
    themer.changed.emit()


def _palette(t: Tokens) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for where, value in {
        role.Window: t.window,
        role.WindowText: t.text1,
        role.Base: t.panel,
        role.AlternateBase: t.raised,
        role.Text: t.text1,
        role.Button: t.raised,
        role.ButtonText: t.text1,
        role.BrightText: t.text1,
        role.ToolTipBase: t.raised,
        role.ToolTipText: t.text1,
        role.PlaceholderText: t.text3,
        role.Highlight: t.selected,
        role.HighlightedText: t.text1,
        role.Link: t.accent,
        role.LinkVisited: t.accent,
        role.Light: t.hover,
        role.Midlight: t.line,
        role.Mid: t.line,
        role.Dark: t.line,
        role.Shadow: t.window,
        role.Accent: t.accent,
    }.items():
        palette.setColor(where, QColor(value))
    for where in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, where, QColor(t.control))
    return palette


def style_sheet(t: Tokens) -> str:
    """The sheet with every `@token` filled in."""
    sheet = _SHEET
    for token in sorted((f.name for f in fields(Tokens)), key=len, reverse=True):
        sheet = sheet.replace(f"@{token}", getattr(t, token))
    return sheet


_SHEET = """
QMainWindow, QDialog, QWidget#page, QStackedWidget { background: @window; }
QWidget#panel, QWidget#header, QWidget#bar { background: @panel; }
QWidget#header, QWidget#topline { border-bottom: 1px solid @line; }
QWidget#rightpanel { background: @panel; border-left: 1px solid @line; }
QWidget#leftpanel { background: @panel; border-right: 1px solid @line; }
QWidget#rail { background: @window; border-right: 1px solid @line; }
QWidget#statusbar { background: @window; border-top: 1px solid @line; }
QWidget#menurow { background: @window; border-bottom: 1px solid @line; }
QWidget#decisionbar { background: @panel; border-top: 1px solid @line; }
QWidget#detailsrow { background: @panel; border-top: 1px solid @line; }
QFrame#card { background: @panel; border: 1px solid @line; border-radius: 4px; }
QFrame#inset { background: @raised; border: 1px solid @line; border-radius: 4px; }
QFrame#rule { background: @line; border: none; }
QWidget#surround { background: @surround; }
QLabel { background: transparent; }
QLabel[role="product"] { font-size: 24px; font-weight: 600; }
QLabel[role="title"] { font-size: 18px; font-weight: 600; }
QLabel[role="item"] { font-size: 15px; font-weight: 600; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[role="second"] { color: @text2; }
QLabel[role="quiet"] { color: @text3; }
QLabel[role="small"] { color: @text3; font-size: 12px; }
QLabel[role="caption"] { color: @text3; font-size: 11px; }
QLabel[role="mono"] { font-family: "JetBrains Mono"; font-size: 12px; }
QLabel[role="clock"] { font-family: "JetBrains Mono"; font-size: 14px; }
QLabel[role="warning"] { color: @warning_text; }
QLabel[role="error"] { color: @error_text; }
QFrame[notice="plain"] { background: @raised; border-bottom: 1px solid @line; }
QFrame[notice="warning"] { background: @warning_fill; border: 1px solid @warning_edge; border-radius: 4px; }
QFrame[notice="error"] { background: @error_fill; border: 1px solid @error_edge; border-radius: 4px; }
QFrame[notice="warning"] QLabel { color: @warning_text; }
QFrame[notice="error"] QLabel { color: @error_text; }
QPushButton { background: @raised; border: 1px solid @line; border-radius: 4px; padding: 0 11px; color: @text1;
    min-height: 30px; max-height: 30px; outline: none; }
QPushButton[scale="small"] { min-height: 26px; max-height: 26px; padding: 0 8px; font-size: 12px; }
QPushButton[scale="large"] { min-height: 38px; max-height: 38px; padding: 0 13px; }
QPushButton:hover { background: @hover; }
QPushButton:pressed, QPushButton:checked { background: @selected; border-color: @accent; }
QPushButton:disabled { background: transparent; color: @control; }
QPushButton:focus { border: 2px solid @accent; }
QPushButton[primary="true"] { background: @accent_fill; border-color: @accent_fill; color: @accent_text;
    font-weight: 600; }
QPushButton[primary="true"]:hover { border-color: @accent; }
QPushButton[primary="true"]:focus { border: 1px solid @accent_fill; }
QPushButton[primary="true"]:disabled { background: @raised; border-color: @line; color: @control; }
QPushButton[flat="true"] { background: transparent; border-color: transparent; padding: 0 6px; }
QPushButton[flat="true"]:hover { background: @hover; }
QPushButton[flat="true"]:checked { background: @selected; }
QPushButton[flat="true"]:focus { border: 2px solid @accent; }
QPushButton[warning="true"] { background: transparent; border-color: transparent; padding: 0 6px; }
QPushButton[warning="true"]:hover { background: @hover; }
QPushButton[warning="true"]:focus { border: 2px solid @accent; }
QPushButton[link="true"] { background: transparent; border: 1px solid transparent; color: @accent; padding: 0 2px; }
QPushButton[link="true"]:focus { border: 1px solid @accent; }
QPushButton[segment="first"] { border-top-right-radius: 0; border-bottom-right-radius: 0; }
QPushButton[segment="middle"] { border-radius: 0; border-left: none; }
QPushButton[segment="last"] { border-top-left-radius: 0; border-bottom-left-radius: 0; border-left: none; }
QPushButton[segment="first"]:checked, QPushButton[segment="middle"]:checked, QPushButton[segment="last"]:checked {
    background: @selected; font-weight: 600; border: 1px solid @line; }
QPushButton[segment="middle"]:checked, QPushButton[segment="last"]:checked { border-left: none; }
QPushButton[segment="first"]:focus, QPushButton[segment="middle"]:focus, QPushButton[segment="last"]:focus {
    border: 2px solid @accent; }
QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox {
    background: @window; border: 1px solid @control; border-radius: 4px; padding: 0 8px; color: @text1;
    min-height: 28px; selection-background-color: @accent_fill; selection-color: @accent_text; }
QLineEdit[readOnly="true"], QPlainTextEdit[readOnly="true"], QAbstractSpinBox[readOnly="true"] {
    background: transparent; border-color: @line; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: none; }
QAbstractSpinBox QLineEdit { border: none; background: transparent; padding: 0 8px; min-height: 0; }
QAbstractSpinBox QLineEdit:focus { border: none; padding: 0 8px; }
QComboBox QLineEdit, QComboBox QLineEdit:focus { border: none; background: transparent; padding: 0; min-height: 0; }
QLineEdit, QPlainTextEdit, QTextEdit { placeholder-text-color: @text3; }
QPlainTextEdit, QTextEdit { padding: 4px 6px; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QInputDialog QLineEdit { min-width: 320px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus,
QComboBox:focus { border: 2px solid @accent; padding: 0 7px; }
QPlainTextEdit:focus, QTextEdit:focus { padding: 3px 5px; }
QComboBox { padding-right: 24px; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox QAbstractItemView { background: @raised; border: 1px solid @line; selection-background-color: @selected;
    selection-color: @text1; outline: none; }
QListView, QTreeView, QTableView, QScrollArea { background: transparent; border: none; outline: none; }
QListView[focusPolicy="0"] { background: @raised; border: 1px solid @line; }
QListView#lines::item { border-bottom: 1px solid @line; }
QTableView { gridline-color: @line; selection-background-color: @selected; selection-color: @text1; }
QTableView::item { padding: 0 8px; border-bottom: 1px solid @line; }
QTableView::item:selected { background: @selected; color: @text1; }
QHeaderView { background: @window; }
QHeaderView::section { background: @window; color: @text3; border: none; border-bottom: 1px solid @line;
    padding: 6px 11px; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: @control; border-radius: 4px; margin: 1px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: @text3; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QProgressBar { background: @track; border: none; border-radius: 3px; min-height: 6px; max-height: 6px; }
QProgressBar::chunk { background: @accent; border-radius: 3px; }
QSlider { min-height: 18px; }
QSlider::groove:horizontal { background: @line; height: 4px; border-radius: 2px; }
QSlider::sub-page:horizontal { background: @accent; border-radius: 2px; }
QSlider::handle:horizontal { background: @text2; width: 12px; height: 12px; margin: -4px 0; border-radius: 6px; }
QSlider::handle:horizontal:focus { background: @window; border: 3px solid @accent; width: 10px; margin: -6px 0;
    border-radius: 8px; }
QMenuBar { background: transparent; color: @text2; spacing: 0; }
QMenuBar::item { padding: 4px 9px; background: transparent; border-radius: 4px; }
QMenuBar::item:selected { background: @hover; color: @text1; }
QMenu { background: @raised; border: 1px solid @line; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 3px; }
QMenu::item:selected { background: @selected; }
QMenu::item:disabled { color: @control; }
QMenu::separator { height: 1px; background: @line; margin: 4px 6px; }
QToolTip { background: @raised; color: @text1; border: 1px solid @line; padding: 4px 6px; }
QSplitter::handle { background: @line; }
"""
