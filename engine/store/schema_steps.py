"""What the steps after the first do to the tables of `case.db`; `schema.py` runs them in order."""

from __future__ import annotations

from collections.abc import Sequence

from sqlite_utils import Database as UtilsDatabase

SITE_PLANS = """
CREATE TABLE site_plans (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    suffix TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    x REAL NOT NULL,
    y REAL NOT NULL,
    unit REAL NOT NULL CHECK (unit > 0),
    added_by TEXT NOT NULL,
    added_at TEXT NOT NULL,
    removed_at TEXT
) STRICT;
CREATE UNIQUE INDEX site_plan_in_use ON site_plans ((removed_at IS NULL)) WHERE removed_at IS NULL;
"""

# What each entry of the audit log added to the tables and took from them: see `row_sums.py`.
ROW_SUMS = """
CREATE TABLE row_sums (
    entry_id INTEGER NOT NULL REFERENCES audit (id),
    name TEXT NOT NULL,
    rows INTEGER NOT NULL,
    sum BLOB NOT NULL,
    PRIMARY KEY (entry_id, name)
) STRICT, WITHOUT ROWID;
"""

FRAME_TIMES = """
ALTER TABLE evidence ADD COLUMN frames_retimed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE evidence ADD COLUMN retimed_ranges TEXT NOT NULL DEFAULT '[]';
ALTER TABLE evidence ADD COLUMN frames_rescaled INTEGER NOT NULL DEFAULT 0;
"""

QUERY_FILES = """
ALTER TABLE search_queries ADD COLUMN file_sha256 TEXT;
ALTER TABLE search_queries ADD COLUMN file_size INTEGER;
"""

# A mark is where it was set; what is said of it is the newest change that was not undone. Note NULL: taken away.
MARK_CHANGES = """
CREATE TABLE mark_changes (
    id INTEGER PRIMARY KEY,
    mark_id INTEGER NOT NULL REFERENCES marks (id),
    note TEXT,
    undoes INTEGER UNIQUE REFERENCES mark_changes (id),
    examiner TEXT NOT NULL,
    at TEXT NOT NULL,
    CHECK (note IS NULL OR undoes IS NULL)
) STRICT;
CREATE INDEX mark_changes_by_mark ON mark_changes (mark_id);
INSERT INTO mark_changes (mark_id, note, examiner, at) SELECT id, note, examiner, at FROM marks;
INSERT INTO mark_changes (mark_id, examiner, at)
    SELECT m.id, a.actor, m.removed_at FROM marks AS m JOIN audit AS a
    ON a.action = 'mark.remove' AND json_extract(a.details, '$.mark') = m.id WHERE m.removed_at IS NOT NULL;
ALTER TABLE marks DROP COLUMN note;
ALTER TABLE marks DROP COLUMN removed_at;
CREATE VIEW standing_mark_changes AS
    SELECT * FROM mark_changes AS c WHERE c.undoes IS NULL
    AND NOT EXISTS (SELECT 1 FROM mark_changes AS u WHERE u.undoes = c.id);
CREATE VIEW current_marks AS
    SELECT m.*, c.note, c.examiner AS changed_by, c.at AS changed_at
    FROM marks AS m JOIN mark_changes AS c ON c.mark_id = m.id
    WHERE c.note IS NOT NULL
    AND c.id = (SELECT max(s.id) FROM standing_mark_changes AS s WHERE s.mark_id = m.id);
"""

# A plan lies where it was laid, or where the newest move that was not undone put it. `turn` in degrees, clockwise.
PLAN_MOVES = """
ALTER TABLE site_plans ADD COLUMN turn REAL NOT NULL DEFAULT 0;
CREATE TABLE plan_moves (
    id INTEGER PRIMARY KEY,
    plan_id INTEGER NOT NULL REFERENCES site_plans (id),
    x REAL,
    y REAL,
    unit REAL CHECK (unit > 0),
    turn REAL,
    undoes INTEGER UNIQUE REFERENCES plan_moves (id),
    examiner TEXT NOT NULL,
    at TEXT NOT NULL,
    CHECK ((x IS NULL) + (y IS NULL) + (unit IS NULL) + (turn IS NULL) = 4 * (undoes IS NOT NULL))
) STRICT;
CREATE INDEX plan_moves_by_plan ON plan_moves (plan_id);
CREATE VIEW standing_plan_moves AS
    SELECT * FROM plan_moves AS m WHERE m.undoes IS NULL
    AND NOT EXISTS (SELECT 1 FROM plan_moves AS u WHERE u.undoes = m.id);
CREATE VIEW placed_site_plans AS
    SELECT p.id, p.name, p.suffix, p.sha256, p.size, p.width, p.height,
    coalesce(m.x, p.x) AS x, coalesce(m.y, p.y) AS y,
    coalesce(m.unit, p.unit) AS unit, coalesce(m.turn, p.turn) AS turn,
    p.added_by, p.added_at, p.removed_at, m.examiner AS moved_by, m.at AS moved_at
    FROM site_plans AS p LEFT JOIN standing_plan_moves AS m
    ON m.id = (SELECT max(s.id) FROM standing_plan_moves AS s WHERE s.plan_id = p.id);
"""


def run(db: UtilsDatabase, script: str, *, append_only: Sequence[str] = ()) -> None:
    """Every statement of `script`; rows of the tables `append_only` can never be changed or removed from then on."""
    # Not executescript: that would commit the migration's transaction before its record is written.
    for statement in script.split(";\n"):
        if statement.strip():
            db.conn.execute(statement)
    for table in append_only:
        for verb in ("UPDATE", "DELETE"):
            db.conn.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
