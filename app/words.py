"""Translation of everything the user reads: one door, so that another language needs no change of code."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

from engine.settings import resources_dir

TRANSLATIONS = resources_dir() / "translations"  # nightjar_de.qm and so on, made by Qt's lupdate and lrelease


def install_translation(app: QCoreApplication, folder: Path = TRANSLATIONS) -> bool:
    """Speak the language of the user's system, where `folder` has it.

    Before anything else of the window is imported: commands, pages and tables get their words when they are.
    """
    translator = QTranslator(app)
    return translator.load(QLocale(), "nightjar", "_", str(folder)) and app.installTranslator(translator)


def tr(text: str) -> str:
    """`text` in the user's language, where a translation is installed."""
    return QCoreApplication.translate("Nightjar", text)


def counted(number: int, one: str, many: str) -> str:
    """'1 item', '12 004 items': thin spaces group the thousands."""
    return f"{grouped(number)} {tr(one) if number == 1 else tr(many)}"


def grouped(number: int) -> str:
    """12 004: thousands set apart by a narrow no-break space."""
    return f"{number:,}".replace(",", "\u202f")


def duration(seconds: float) -> str:
    """4:12:40 or 0:48."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def time_left(seconds: float | None) -> str:
    """A plain remaining time; empty where it is not known yet."""
    if seconds is None:
        return ""
    if seconds < 60:
        return tr("{n} s left").format(n=max(round(seconds), 1))
    if seconds < 5400:
        return tr("{n} min left").format(n=round(seconds / 60))
    return tr("{n} h left").format(n=round(seconds / 3600))


def size(count: int) -> str:
    """1.84 GB, decimal units as file managers show them."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit in ("B", "kB") else f"{value:.2f} {unit}"
        value /= 1000
    return f"{value:.2f} TB"


def short_hash(digest: str) -> str:
    """9f3ac1…07be, enough to compare by eye; the whole is in the tooltip."""
    return f"{digest[:6]}…{digest[-4:]}" if len(digest) > 12 else digest
