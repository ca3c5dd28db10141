"""Keep words elsewhere that the case does not take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.session import Session
from app.words import tr
from engine.errors import UsageError


def save_text(
    session: Session, path: Path, text: str, done: Callable[[Path], None], failed: Callable[[Exception], None]
) -> None:
    """Write a new file; never over another, which might be an original, and not into the case."""
    folder = session.info.folder if session.info is not None else None

    def act() -> Path:
        from engine.report.targets import require_free, whole_file

        if folder is not None and path.resolve().is_relative_to(folder.resolve()):
            raise UsageError(tr("{path} lies in the case folder.").format(path=path), tr("Choose another place."))
        require_free(path, lambda _taken: False, "text")
        with whole_file(path, tr("The text")) as draft:
            draft.write_text(f"{text}\n", encoding="utf-8")
        return path

    session.pool.submit(act, done, failed)
