"""The tables of `case.db`, as numbered migrations.

Each migration is committed in one transaction with its own record (sqlite-utils `Migrations`). A released
migration is never edited: a change is a new function at the end. Times are ISO 8601 UTC text; blobs are packed by
`engine.store.codec`; PTS count the item's own time base.
"""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Mapping

from sqlite_utils import Database as UtilsDatabase
from sqlite_utils import Migrations

from engine.errors import CaseTooNewError
from engine.store import schema_steps as steps

APPLICATION_ID = 0x4E4A4152  # 'NJAR', so that `file` and other tools can tell a case from any other SQLite file
migrations = Migrations("nightjar")

# Rows of these tables are never changed or removed: what was said and done stays said and done. The later schema
# steps name theirs themselves.
APPEND_ONLY = (
    "audit",
    "clock_records",
    "custody",
    "searches",
    "search_queries",
    "search_results",
    "search_closures",
    "decisions",
    "subject_members",
)

CASE_AND_AUDIT = """
CREATE TABLE case_info (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    uuid TEXT NOT NULL,
    title TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL
) STRICT;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    details TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX audit_by_action ON audit (action);
CREATE INDEX audit_by_target ON audit (target);
"""

EVIDENCE = """
CREATE TABLE models (
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    dimension INTEGER
) STRICT;
CREATE TABLE cameras (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    x REAL, y REAL,
    latitude REAL, longitude REAL,
    notes TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE evidence (
    id INTEGER PRIMARY KEY,
    exhibit TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL,
    path_given TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified_at TEXT NOT NULL,
    probe TEXT NOT NULL,
    time_base_num INTEGER NOT NULL,
    time_base_den INTEGER NOT NULL,
    start_pts INTEGER NOT NULL,
    camera_id INTEGER NOT NULL REFERENCES cameras (id),
    modality_override TEXT CHECK (modality_override IN ('ir', 'rgb')),
    start_time TEXT,
    registered_at TEXT NOT NULL,
    registered_by TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'registered',
    failure TEXT,
    hint TEXT,
    frames_decoded INTEGER NOT NULL DEFAULT 0,
    frames_analysed INTEGER NOT NULL DEFAULT 0,
    frames_failed INTEGER NOT NULL DEFAULT 0,
    failed_ranges TEXT NOT NULL DEFAULT '[]',
    position_pts INTEGER,
    current_run_id INTEGER REFERENCES runs (id)
) STRICT;
CREATE TABLE segments (
    item_id INTEGER NOT NULL REFERENCES evidence (id),
    ordinal INTEGER NOT NULL,
    start_pts INTEGER NOT NULL,
    end_pts INTEGER NOT NULL,
    modality TEXT NOT NULL CHECK (modality IN ('ir', 'rgb')),
    chroma REAL NOT NULL,
    certain INTEGER NOT NULL,
    PRIMARY KEY (item_id, ordinal)
) STRICT, WITHOUT ROWID;
CREATE TABLE clock_records (
    id INTEGER PRIMARY KEY,
    item_id INTEGER NOT NULL REFERENCES evidence (id),
    recorder_reading TEXT NOT NULL,
    reference_reading TEXT NOT NULL,
    uncertainty_seconds REAL NOT NULL CHECK (uncertainty_seconds >= 0),
    second_recorder_reading TEXT,
    second_reference_reading TEXT,
    source TEXT NOT NULL,
    examiner TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE INDEX clock_records_by_item ON clock_records (item_id);
CREATE TABLE custody (
    id INTEGER PRIMARY KEY,
    item_id INTEGER NOT NULL REFERENCES evidence (id),
    happened_at TEXT NOT NULL,
    released_by TEXT NOT NULL,
    received_by TEXT NOT NULL,
    place TEXT NOT NULL,
    purpose TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at TEXT NOT NULL
) STRICT;
CREATE TABLE marks (
    id INTEGER PRIMARY KEY,
    item_id INTEGER NOT NULL REFERENCES evidence (id),
    pts INTEGER NOT NULL,
    note TEXT NOT NULL,
    examiner TEXT NOT NULL,
    at TEXT NOT NULL,
    removed_at TEXT
) STRICT;
CREATE INDEX marks_by_item ON marks (item_id, pts);
"""

RESULTS = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    item_id INTEGER NOT NULL REFERENCES evidence (id),
    detector TEXT NOT NULL,
    detector_sha256 TEXT NOT NULL,
    model_id INTEGER NOT NULL REFERENCES models (id),
    provider TEXT NOT NULL,
    settings TEXT NOT NULL,
    versions TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'interrupted', 'done', 'failed', 'replaced')),
    started_at TEXT NOT NULL,
    finished_at TEXT,
    seconds TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX runs_by_item ON runs (item_id);
CREATE TABLE checkpoints (
    run_id INTEGER PRIMARY KEY REFERENCES runs (id),
    after_pts INTEGER NOT NULL,
    frame_index INTEGER NOT NULL,
    next_ordinal INTEGER NOT NULL,
    memory BLOB NOT NULL
) STRICT;
CREATE TABLE detections (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES runs (id),
    first_pts INTEGER NOT NULL,
    last_pts INTEGER NOT NULL,
    frames INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (run_id, first_pts)
) STRICT;
CREATE TABLE tracklets (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES runs (id),
    item_id INTEGER NOT NULL REFERENCES evidence (id),
    ordinal INTEGER NOT NULL,
    modality TEXT NOT NULL CHECK (modality IN ('ir', 'rgb')),
    start_pts INTEGER NOT NULL,
    end_pts INTEGER NOT NULL,
    observations INTEGER NOT NULL,
    quality REAL NOT NULL,
    usable INTEGER NOT NULL,
    digest TEXT NOT NULL,
    UNIQUE (run_id, ordinal)
) STRICT;
CREATE INDEX tracklets_by_time ON tracklets (item_id, start_pts);
CREATE TABLE tracklet_points (
    tracklet_id INTEGER PRIMARY KEY REFERENCES tracklets (id) ON DELETE CASCADE,
    data BLOB NOT NULL
) STRICT;
CREATE TABLE crops (
    id INTEGER PRIMARY KEY,
    tracklet_id INTEGER NOT NULL REFERENCES tracklets (id) ON DELETE CASCADE,
    rank INTEGER NOT NULL,
    pts INTEGER NOT NULL,
    box_left REAL NOT NULL, box_top REAL NOT NULL, box_width REAL NOT NULL, box_height REAL NOT NULL,
    width INTEGER NOT NULL, height INTEGER NOT NULL,
    sharpness REAL NOT NULL, exposure REAL NOT NULL, completeness REAL NOT NULL,
    score REAL NOT NULL,
    faults TEXT NOT NULL,
    jpeg_sha256 TEXT NOT NULL,
    UNIQUE (tracklet_id, rank)
) STRICT;
CREATE TABLE crop_images (
    crop_id INTEGER PRIMARY KEY REFERENCES crops (id) ON DELETE CASCADE,
    jpeg BLOB NOT NULL
) STRICT;
CREATE TABLE embeddings (
    id INTEGER PRIMARY KEY,
    crop_id INTEGER NOT NULL REFERENCES crops (id) ON DELETE CASCADE,
    model_id INTEGER NOT NULL REFERENCES models (id),
    vector BLOB NOT NULL,
    UNIQUE (crop_id, model_id)
) STRICT;
"""

REVIEW = """
CREATE TABLE searches (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    examiner TEXT NOT NULL,
    model_id INTEGER NOT NULL REFERENCES models (id),
    settings TEXT NOT NULL,
    filters TEXT NOT NULL,
    reranker TEXT NOT NULL,
    provider TEXT NOT NULL,
    versions TEXT NOT NULL,
    gallery_size INTEGER NOT NULL,
    gallery_sha256 TEXT NOT NULL,
    note TEXT NOT NULL
) STRICT;
CREATE TABLE search_queries (
    search_id INTEGER NOT NULL REFERENCES searches (id),
    position INTEGER NOT NULL,
    tracklet_id INTEGER REFERENCES tracklets (id),
    crop_id INTEGER REFERENCES crops (id),
    jpeg BLOB,
    sha256 TEXT NOT NULL,
    label TEXT NOT NULL,
    PRIMARY KEY (search_id, position),
    CHECK ((crop_id IS NULL) <> (jpeg IS NULL))
) STRICT;
CREATE INDEX search_queries_by_tracklet ON search_queries (tracklet_id);
CREATE INDEX search_queries_by_crop ON search_queries (crop_id);
CREATE TABLE search_results (
    search_id INTEGER NOT NULL REFERENCES searches (id),
    rank INTEGER NOT NULL CHECK (rank >= 1),
    tracklet_id INTEGER NOT NULL REFERENCES tracklets (id),
    distance REAL NOT NULL,
    raw_distance REAL NOT NULL,
    PRIMARY KEY (search_id, rank),
    UNIQUE (search_id, tracklet_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX search_results_by_tracklet ON search_results (tracklet_id);
CREATE TABLE search_closures (
    id INTEGER PRIMARY KEY,
    search_id INTEGER NOT NULL REFERENCES searches (id),
    none_found INTEGER NOT NULL,
    reason TEXT NOT NULL,
    examiner TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE INDEX search_closures_by_search ON search_closures (search_id);
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY,
    search_id INTEGER NOT NULL,
    tracklet_id INTEGER NOT NULL,
    verdict TEXT CHECK (verdict IN ('confirmed', 'rejected', 'inconclusive')),
    reason TEXT NOT NULL,
    observations TEXT NOT NULL,
    examiner TEXT NOT NULL,
    blind INTEGER NOT NULL,
    at TEXT NOT NULL,
    undoes INTEGER UNIQUE REFERENCES decisions (id),
    CHECK ((verdict IS NULL) = (undoes IS NOT NULL)),
    FOREIGN KEY (search_id, tracklet_id) REFERENCES search_results (search_id, tracklet_id)
) STRICT;
CREATE INDEX decisions_by_search ON decisions (search_id, tracklet_id);
CREATE INDEX decisions_by_tracklet ON decisions (tracklet_id);
CREATE VIEW current_decisions AS
    SELECT * FROM decisions AS d WHERE d.id = (
        SELECT max(e.id) FROM decisions AS e
        WHERE e.search_id = d.search_id AND e.tracklet_id = d.tracklet_id AND e.verdict IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM decisions AS u WHERE u.undoes = e.id));
CREATE TABLE subjects (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    notes TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    merged_into INTEGER REFERENCES subjects (id)
) STRICT;
CREATE TABLE subject_members (
    id INTEGER PRIMARY KEY,
    subject_id INTEGER NOT NULL REFERENCES subjects (id),
    tracklet_id INTEGER NOT NULL REFERENCES tracklets (id),
    belongs INTEGER NOT NULL CHECK (belongs IN (0, 1)),
    decision_id INTEGER REFERENCES decisions (id),
    reason TEXT NOT NULL,
    examiner TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE INDEX subject_members_by_subject ON subject_members (subject_id, tracklet_id);
CREATE INDEX subject_members_by_tracklet ON subject_members (tracklet_id);
CREATE VIEW current_members AS
    SELECT * FROM subject_members AS m WHERE m.belongs = 1 AND m.id = (
        SELECT max(n.id) FROM subject_members AS n
        WHERE n.subject_id = m.subject_id AND n.tracklet_id = m.tracklet_id);
"""


@migrations()
def m001_case(db: UtilsDatabase) -> None:
    """The first schema."""
    steps.run(db, CASE_AND_AUDIT + EVIDENCE + RESULTS + REVIEW, append_only=APPEND_ONLY)


@migrations()
def m002_site_plans(db: UtilsDatabase) -> None:
    """A picture of the site under the map of cameras."""
    steps.run(db, steps.SITE_PLANS)


@migrations()
def m003_mark_changes(db: UtilsDatabase) -> None:
    """Marks whose notes can be edited, and changes of marks that can be undone."""
    steps.run(db, steps.MARK_CHANGES, append_only=("marks", "mark_changes"))


@migrations()
def m004_row_sums(db: UtilsDatabase) -> None:
    """The audit log accounts for every row."""
    steps.run(db, steps.ROW_SUMS, append_only=("row_sums",))


@migrations()
def m005_frame_times(db: UtilsDatabase) -> None:
    """Frames whose own time could not be used, and frames of another size."""
    steps.run(db, steps.FRAME_TIMES)


@migrations()
def m006_query_files(db: UtilsDatabase) -> None:
    """Which file of the examiner's a picture from outside was made from."""
    steps.run(db, steps.QUERY_FILES)


@migrations()
def m007_plan_moves(db: UtilsDatabase) -> None:
    """A site plan that is moved, scaled and turned under cameras that stand already."""
    steps.run(db, steps.PLAN_MOVES, append_only=("plan_moves",))


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the database up to this program's schema, step by step."""
    migrations.apply(UtilsDatabase(connection, execute_plugins=False))


def refuse_newer(connection: sqlite3.Connection) -> None:
    """Raise `CaseTooNewError` where the database holds migrations that this program does not know."""
    with UtilsDatabase(memory=True, execute_plugins=False) as empty:
        known = {step.name for step in migrations.pending(empty)}
    applied = migrations.applied(UtilsDatabase(connection, execute_plugins=False))
    unknown = [step.name for step in applied if step.name not in known]
    if unknown:
        raise CaseTooNewError(
            f"This case was written by a newer Nightjar (its schema has the step {unknown[-1]!r}, unknown here).",
            "Open it with the newer program; this one would not understand everything in it.",
        )


def own() -> Mapping[tuple[str, str], str]:
    """The statement that makes each `(kind, name)` of this program's schema: tables, indexes, triggers and views."""
    return _made_by(migrations)


@functools.cache
def _made_by(chain: Migrations) -> Mapping[tuple[str, str], str]:
    with UtilsDatabase(memory=True, execute_plugins=False) as empty:
        chain.apply(empty)
        return objects(empty.conn)


def objects(connection: sqlite3.Connection) -> Mapping[tuple[str, str], str]:
    """What `own` gives, of a database as it is; spaces as one, because SQLite itself sets them when it alters."""
    rows = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'")
    return {(kind, name): " ".join((sql or "").split()) for kind, name, sql in rows}


def needs_migration(connection: sqlite3.Connection) -> bool:
    """True where the database still lacks steps of this program's schema."""
    return bool(migrations.pending(UtilsDatabase(connection, execute_plugins=False)))
