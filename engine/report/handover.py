"""What is handed over of a case: a folder of contact sheets and tables with a list of checksums.

The checksums' own SHA-256 goes into the audit log, and the log's head into the folder: whoever has both can tell
whether either was changed afterwards (`sha256sum -c SHA256SUMS` checks the files).
"""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine import __version__
from engine.case import Case
from engine.durable import sync
from engine.errors import CaseCorruptError, StorageError
from engine.models.library import ModelLibrary
from engine.progress import Progress, Work
from engine.report.sheets import LEAD, subject_sheet
from engine.report.tables import TABLES, CaseFacts, Row
from engine.report.targets import require_outside
from engine.site_plan import APPROXIMATE, problems
from engine.verify import CheckedRecords, Finding, check_evidence, check_records

SUMS = "SHA256SUMS"
NOT_A_REPORT = (
    "These files are exported as they stand in the case. Decisions are the examiner's; the software ranks candidates "
    "by appearance and identifies nobody."
)
EMPTY_TABLE = "nothing of this kind is recorded in the case"  # else the file would have no byte, and look lost
TEXT_IN_CSV = (
    "In the CSV files a ' stands before text that a spreadsheet would take for a formula (OWASP, CSV Injection); the "
    "JSON files have every text as it is."
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Handover:
    """Where it lies: `files` by name with their SHA-256, `sums_sha256` of the list, `head` of the audit log when it
    was written; what was `found` amiss with the originals (None: they were not looked at) and with the `case`."""

    folder: Path
    files: dict[str, str]
    sums_sha256: str
    head: str
    found: tuple[Finding, ...] | None
    case: tuple[Finding, ...]

    @property
    def amiss(self) -> tuple[Finding, ...]:
        """Everything that was found, which the folder says too."""
        return (*(self.found or ()), *self.case)


@dataclass(frozen=True, slots=True)
class _Checks:
    originals: tuple[Finding, ...] | None
    case: tuple[Finding, ...]
    records: CheckedRecords

    @property
    def head(self) -> str:
        return self.records.chain.head

    @property
    def warnings(self) -> tuple[str, ...]:
        """What must stand on every sheet."""
        amiss = len(self.case) + len(self.originals or ())
        if not amiss:
            return ()
        found = "one finding" if amiss == 1 else f"{amiss} findings"
        return (f"CHECKED WHEN WRITTEN: {found} on the originals or the case; see about.json.",)


def write_handover(case: Case, place: Path, *, check_originals: bool = True) -> Work[Handover]:
    """Write a new folder inside `place`. It appears whole or not at all, after it was noted in the audit log.

    `case.db` is always checked, the originals where `check_originals`; what is amiss stands in the folder too. Raises
    UsageError where `place` lies in the case or in an original, StorageError where it cannot be written.
    """
    case.require_writable()  # the folder is noted in the log
    now = datetime.now(UTC)
    folder = Path(place) / f"nightjar-{now:%Y%m%d-%H%M%S}"
    require_outside(case, folder)
    originals = (yield from _check_originals(case)) if check_originals else None
    draft = folder.with_name(folder.name + ".unfinished")
    try:
        draft.mkdir(parents=True)
        with case.reader():
            records = yield from check_records(case)
            crops = yield from _check_pictures(case)
            checks = _Checks(None if originals is None else tuple(originals), (*records.findings, *crops), records)
            yield from _write_files(case, draft, checks.warnings, _origin(case, now, checks))
            about = _about(case, now, checks) | {"site_plan": _site_plan(case, draft)}
        (draft / "about.json").write_text(_json(about), encoding="utf-8")
        files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(draft.iterdir())}
        lines = "".join(f"{digest}  {name}\n" for name, digest in files.items())
        (draft / SUMS).write_text(lines, encoding="utf-8", newline="\n")
        for path in (*draft.iterdir(), draft):
            sync(path)
        sums = hashlib.sha256(lines.encode()).hexdigest()
        _note_and_name(case, draft, folder, sums_sha256=sums, files=len(files), head=checks.head)
    except OSError as error:
        raise StorageError(
            f"The folder could not be written to {place} ({error.strerror or error}).", "Choose a place with more room."
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Handover(folder, files, sums, checks.head, checks.originals, checks.case)


def _note_and_name(case: Case, draft: Path, folder: Path, **details: Any) -> None:
    """Note the folder in the log, then give it its name: there is none that the log does not know of."""
    case.audit.note("report.handover", folder=folder.name, **details)
    try:
        draft.rename(folder)
        sync(folder.parent)
    except OSError:
        case.audit.note("report.withdrawn", folder=folder.name)
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _check_originals(case: Case) -> Work[list[Finding]]:
    found: list[Finding] = []
    for item in case.evidence.list():
        found += yield from check_evidence(item)
    plan = case.site_plans.current()
    return found + ([Finding("content", problem) for problem in problems(case, plan)] if plan else [])


def _check_pictures(case: Case) -> Work[list[Finding]]:
    """Those that the contact sheets show."""
    found: list[Finding] = []
    shown = [m.tracklet_id for subject in case.subjects.list() for m in case.subjects.members(subject.id)]
    for done, tracklet_id in enumerate(shown):
        yield Progress("checking pictures", done, len(shown), "tracklets")
        for crop in case.tracklets.crops(tracklet_id):
            try:
                case.tracklets.crop_jpeg(crop.id)
            except CaseCorruptError as error:
                found.append(Finding("content", str(error)))
    return found


def _origin(case: Case, now: datetime, checks: _Checks) -> str:
    """What a printed sheet says of where it comes from, since it may be parted from the rest."""
    return f"Written {now:%Y-%m-%d %H:%M} UTC by {case.examiner}, Nightjar {__version__}, audit head {checks.head}"


def _write_files(case: Case, folder: Path, warnings: Sequence[str], origin: str) -> Work[None]:
    facts = CaseFacts(case)
    subjects = case.subjects.list()
    for done, subject in enumerate(subjects):
        yield Progress("drawing contact sheets", done, len(subjects), "subjects")
        subject_sheet(case, subject, folder / f"{subject.label}.png", warnings, origin)
    for done, (name, rows_of) in enumerate(TABLES.items()):
        yield Progress("writing tables", done, len(TABLES), "tables")
        rows = list(rows_of(facts))
        (folder / f"{name}.json").write_text(_json(rows), encoding="utf-8")
        _write_csv(folder / f"{name}.csv", rows)


def _write_csv(path: Path, rows: Sequence[Row]) -> None:
    """RFC 4180; with a byte order mark, by which spreadsheets know UTF-8. Nested values are JSON; see `TEXT_IN_CSV`."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(rows[0] if rows else [EMPTY_TABLE])
        for row in rows:
            writer.writerow([_cell(value) for value in row.values()])


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _about(case: Case, now: datetime, checks: _Checks) -> dict[str, Any]:
    """What a reader must know of the files beside it."""
    return {
        "case": case.info.title,
        "written_at": now.isoformat(timespec="seconds"),
        "program": f"Nightjar {__version__}",
        "notice": LEAD,
        "scope": NOT_A_REPORT,
        "tables": TEXT_IN_CSV,
        "audit_head": checks.head,
        "audit_entries": checks.records.chain.entries,
        "audit_limit": checks.records.limit,
        "originals_checked": checks.originals is not None,
        "originals_amiss": [finding.sentence for finding in checks.originals or ()],
        "case_amiss": [finding.sentence for finding in checks.case],
        "models": [_model(name, sha256) for name, sha256 in _models(case)],
    }


def _site_plan(case: Case, folder: Path) -> dict[str, Any] | None:
    """The plan that the cameras' positions refer to, copied beside them where it is unchanged."""
    plan = case.site_plans.current()
    if plan is None:
        return None
    amiss = " ".join(problems(case, plan))
    if not amiss:
        shutil.copyfile(case.site_plans.path(plan.picture), folder / f"site-plan{plan.picture.suffix}")
    return {
        "name": plan.picture.name,
        "sha256": plan.picture.sha256,
        "file": "" if amiss else f"site-plan{plan.picture.suffix}",
        "amiss": amiss,
        "notice": APPROXIMATE,
        "added_by": plan.added_by,
        "added_at": plan.added_at,
        **asdict(plan.place),
        "moved_by": plan.moved_by or "",
        "moved_at": plan.moved_at or "",
    }


def _models(case: Case) -> list[tuple[str, str]]:
    return sorted({(name, sha256) for sha256, name, _ in case.embeddings.models()})


def _model(name: str, sha256: str) -> dict[str, Any]:
    """What a model's card says of its worth; that it is not here, where it is not."""
    found = ModelLibrary().by_sha256(sha256)
    if found is None:
        return {"name": name, "sha256": sha256, "card": "not on this machine"}
    card = found.card
    return {
        "name": name,
        "sha256": sha256,
        "provisional": card.provisional,
        "training_data": card.training_data,
        "limitations": list(card.limitations),
    }
