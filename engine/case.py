"""A case folder, opened for reading or writing.

`case.db` holds everything but the pictures of the site, which lie in `site/`; `cache/` may be deleted at any time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from engine import __version__
from engine.errors import CaseCorruptError, CaseError, StorageError, UsageError
from engine.store.audit import AuditLog
from engine.store.cameras import CameraStore
from engine.store.custody import CustodyStore
from engine.store.database import Database
from engine.store.decisions import DecisionStore
from engine.store.embeddings import EmbeddingStore
from engine.store.evidence import EvidenceStore
from engine.store.gallery import GalleryStore
from engine.store.info import CaseInfo, create_database, read_info, rename, unfinished_files
from engine.store.ingest import IngestStore
from engine.store.integrity import IntegrityStore
from engine.store.lock import WriterLock
from engine.store.marks import MarkStore
from engine.store.searches import SearchStore
from engine.store.sentences import RESTORE_HINT
from engine.store.site_plans import SitePlanStore
from engine.store.subjects import SubjectStore
from engine.store.tracklets import TrackletStore

DATABASE = "case.db"
LOCK = "case.lock"
CACHE = "cache"
PROGRAM = f"Nightjar {__version__}"


class Case:
    """An open case; a context manager. Reads may come from any thread, writes take turns.

    `examiner` stands as the actor in everything that is written.
    """

    def __init__(self, folder: Path, db: Database, lock: WriterLock | None, examiner: str) -> None:
        self.folder = folder
        self.examiner = examiner
        self._db = db
        self._lock = lock
        self.cameras = CameraStore(db)
        self.evidence = EvidenceStore(db, self.cameras)
        self.ingest = IngestStore(db, self.evidence)
        self.tracklets = TrackletStore(db, self.evidence)
        self.embeddings = EmbeddingStore(db)
        self.gallery = GalleryStore(db, self.embeddings, folder / CACHE)
        self.searches = SearchStore(db)
        self.decisions = DecisionStore(db)
        self.subjects = SubjectStore(db)
        self.custody = CustodyStore(db)
        self.marks = MarkStore(db)
        self.site_plans = SitePlanStore(db, folder)
        self.audit = AuditLog(db)
        self.integrity = IntegrityStore(db, self.audit, self.searches, self.decisions)

    @classmethod
    def create(cls, folder: Path | str, title: str, examiner: str) -> Case:
        """Make a case in `folder` (new or empty) and open it for writing. `UsageError` where one is there already."""
        folder = Path(os.path.abspath(folder))
        _require_name(examiner)
        if (folder / DATABASE).exists():
            raise UsageError(f"There is already a case in {folder}.", "Open it, or choose another folder.")
        ours = {folder / LOCK, *unfinished_files(folder / DATABASE)}  # of an attempt that was interrupted
        if folder.is_dir() and not ours.issuperset(folder.iterdir()):
            raise UsageError(f"{folder} is not empty.", "Choose a new or empty folder for the case.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"The folder {folder} could not be made ({error.strerror}).", "Choose a place where you may write."
            ) from error
        lock = WriterLock(folder / LOCK, examiner, PROGRAM)
        try:
            create_database(folder / DATABASE, title, examiner)
            db = Database(folder / DATABASE, writable=True, actor=examiner)
        except BaseException:
            lock.release()
            raise
        return cls(folder, db, lock, examiner)

    @classmethod
    def open(cls, folder: Path | str, writable: bool = True, examiner: str = "") -> Case:
        """Open the case in `folder`. For writing, `examiner` must be named; reading works beside a writer.

        Raises `CaseLockedError`, `CaseTooNewError`, `CaseCorruptError`, `StorageError` or `CaseError`.
        """
        folder = Path(os.path.abspath(folder))
        path = folder / DATABASE
        _require_database(path)
        if writable:
            _require_name(examiner)
        lock = WriterLock(folder / LOCK, examiner, PROGRAM) if writable else None
        try:
            case = cls(folder, Database(path, writable=writable, actor=examiner), lock, examiner)
        except BaseException:
            if lock is not None:
                lock.release()
            raise
        if writable:
            try:
                case.ingest.recover()
            except BaseException:
                case.close()
                raise
        return case

    @property
    def writable(self) -> bool:
        return self._db.writable

    def require_writable(self) -> None:
        """`CaseError` where the case is open for reading only: verbs ask before they compute what they must record."""
        self._db.require_writable()

    @property
    def database(self) -> Path:
        """The file that holds everything."""
        return self.folder / DATABASE

    @property
    def cache(self) -> Path:
        """Folder of what can be computed again; may not exist."""
        return self.folder / CACHE

    @property
    def info(self) -> CaseInfo:
        """Title and origin."""
        return read_info(self._db)

    def rename(self, title: str) -> None:
        """Give the case another title."""
        rename(self._db, title)

    @contextmanager
    def reader(self) -> Iterator[Case]:
        """All reads of this thread inside the block see one and the same state, whatever is written meanwhile."""
        with self._db.snapshot():
            yield self

    @contextmanager
    def together(self) -> Iterator[None]:
        """The changes made in the block, each with its own audit entry, happen all or not at all."""
        with self._db.together():
            yield

    def close(self) -> None:
        """Close the database and give the writer's lock back. Harmless twice."""
        self.gallery.close()
        self._db.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Case:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _require_name(examiner: str) -> None:
    if not examiner.strip():
        raise UsageError("Working on a case needs the examiner's name.", "It stands beside everything that is written.")


def _require_database(path: Path) -> None:
    try:
        size = path.stat().st_size if path.is_file() else None
    except OSError as error:
        raise CaseError(
            f"The case in {path.parent} could not be read ({error.strerror}).", "Check that you may enter its folder."
        ) from error
    if size is None:
        raise CaseError(f"There is no case in {path.parent}.", "Choose the folder that holds case.db.")
    if size == 0:
        raise CaseCorruptError(f"The case database {path} is empty.", RESTORE_HINT)
