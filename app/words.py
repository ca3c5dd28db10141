"""Translation of everything the user reads: one door, so that another language needs no change of code.

`make translations` finds the texts of the window with Qt's lupdate, which looks for `tr("…")`: a text is written out
where `tr` is called, also in tables, and never put together from parts whose order another language would change.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from engine.settings import resources_dir

TRANSLATIONS = resources_dir() / "translations"  # nightjar_de.ts, and nightjar_de.qm made of it
ENGLISH = "en"
CONTEXT = ""  # the one that lupdate gives to functions outside classes


def languages(folder: Path = TRANSLATIONS) -> list[str]:
    """Codes of the languages that the window can speak: English, in which it is written, then those in `folder`."""
    return [ENGLISH, *sorted(path.stem.removeprefix("nightjar_") for path in folder.glob("nightjar_*.qm"))]


def spoken_language() -> str:
    """Code of the one that the window speaks."""
    return next((code for code in languages() if QLocale(code) == QLocale()), ENGLISH)


def language_name(code: str) -> str:
    """'Deutsch' for 'de': what its speakers call it."""
    return "English" if code == ENGLISH else QLocale(code).nativeLanguageName()


def install_translation(app: QCoreApplication, chosen: str = "", folder: Path = TRANSLATIONS) -> str:
    """Speak the language that was chosen, else the user's own where `folder` has it, else English; returns its code.

    Before anything else of the window is imported: commands, pages and tables get their words when they are. Qt's own
    words (buttons, file dialogs) and the decimal mark come along, so that one window speaks one language.
    """
    known = languages(folder)
    wanted = [chosen] if chosen else [code for tag in QLocale().uiLanguages() for code in _less_exact(tag)]
    language = next((code for code in wanted if code in known), ENGLISH)
    QLocale.setDefault(QLocale(language))
    for name, place in (("qtbase", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)), ("nightjar", folder)):
        translator = QTranslator(app)
        if translator.load(f"{name}_{language}", str(place)):
            app.installTranslator(translator)
    return language


def _less_exact(tag: str) -> tuple[str, str]:
    """'pt-BR' → 'pt_BR', 'pt'."""
    return tag.replace("-", "_"), tag.split("-", maxsplit=1)[0]


def tr(text: str, note: str = "", number: int | None = None) -> str:
    """`text` in the language of the window, where that has it.

    `note` tells apart what is written alike and means different things. With a `number`, `text` is the plural and
    `note` the singular where that differs, both with `{n}` for the number: Qt chooses the form of the language.
    """
    if number is None:
        return QCoreApplication.translate(CONTEXT, text, note)
    said = QCoreApplication.translate(CONTEXT, text, note, number)
    if said == text and number == 1 and note:
        said = note
    return said.replace("{n}", grouped(number))


def grouped(number: int) -> str:
    """12 004: thousands set apart by a narrow no-break space."""
    return f"{number:,}".replace(",", "\u202f")


def figure(value: float, form: str) -> str:
    """`value` in a format of Python's ('.2f', 'g', '.1%') with the decimal mark of the language."""
    return format(value, form).replace(".", QLocale().decimalPoint())


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
            return f"{figure(value, '.0f' if unit in ('B', 'kB') else '.2f')} {unit}"
        value /= 1000
    return f"{figure(value, '.2f')} TB"


def short_hash(digest: str) -> str:
    """9f3ac1…07be, enough to compare by eye; the whole is in the tooltip."""
    return f"{digest[:6]}…{digest[-4:]}" if len(digest) > 12 else digest
