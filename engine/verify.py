"""The verb: is everything as it was put into the case? Evidence, audit log, database, crops, embeddings, site plans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.case import Case
from engine.errors import CaseCorruptError, EvidenceError
from engine.media.files import shown
from engine.media.hashing import hash_file
from engine.progress import Progress, Work
from engine.site_plan import problems
from engine.store.audit import ChainReport
from engine.store.records import EvidenceItem

ITEM_VERIFIED = "evidence.verify"  # in the audit log
_JPEG = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be: `area` is 'database', 'audit', 'evidence' or 'content'; `sentence` says
    what, in plain words."""

    area: str
    sentence: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was checked, and every finding. `head` is the audit log's newest hash when the check began; `limit` says in
    plain words what the log of a case from an older program cannot vouch for, else it is empty."""

    findings: tuple[Finding, ...]
    audit_entries: int
    head: str
    evidence_items: int
    tracklets: int
    crops: int
    site_plans: int
    limit: str

    @property
    def passed(self) -> bool:
        return not self.findings


@dataclass(frozen=True, slots=True)
class CheckedRecords:
    """What `case.db` says of itself: findings, the checked `chain`, and the `limit` as in `VerifyReport`."""

    findings: tuple[Finding, ...]
    chain: ChainReport
    limit: str


def verify_case(case: Case, expected_head: str | None = None) -> Work[VerifyReport]:
    """Check everything, to the end, whatever is found on the way. Changes nothing but the audit log, which notes the
    result where the case is open for writing.

    `expected_head` is an audit head noted elsewhere (printed in a report): only with it a cut-off tail shows.
    """
    with case.reader():  # one state of the case, whatever is written meanwhile
        records = yield from check_records(case, expected_head)
        content, tracklets, crops = yield from _check_content(case)
        items, plans = case.evidence.list(), case.site_plans.list()
    findings = [*records.findings, *content]
    for item in items:
        findings += yield from check_evidence(item)
    for done, plan in enumerate(plans):
        yield Progress("checking site plans", done, len(plans), "plans")
        findings += [Finding("content", problem) for problem in problems(case, plan)]
    findings += [Finding("content", problem) for problem in (yield from case.gallery.compare())]
    chain = records.chain
    report = VerifyReport(
        tuple(findings), chain.entries, chain.head, len(items), tracklets, crops, len(plans), records.limit
    )
    if case.writable:
        case.audit.note("case.verify", findings=len(findings), verified_head=chain.head, expected_head=expected_head)
    return report


def check_records(case: Case, expected_head: str | None = None) -> Work[CheckedRecords]:
    """Check the database, the chain of the audit log, and every table against it; inside `case.reader()`."""
    findings: list[Finding] = []
    yield Progress("checking the database", 0, 1, "database")
    findings += _found("database", case.integrity.database())
    yield Progress("checking the audit log", 0, case.audit.count(), "entries")
    chain = case.audit.verify(expected_head)
    findings += [Finding("audit", problem) for problem in chain.problems]
    if not chain.intact:  # a log that was changed is no witness
        return CheckedRecords(tuple(findings), chain, "")
    findings += _found("audit", case.integrity.against_log())
    account = case.integrity.account()
    findings += [Finding("audit", problem) for problem in account.problems]
    try:
        for table, rows, problem in case.integrity.rows(account):
            yield Progress("checking tables against the log", rows, None, "rows", table)
            findings += [Finding("audit", problem)] if problem else []
    except CaseCorruptError as error:
        findings.append(Finding("audit", str(error)))
    return CheckedRecords(tuple(findings), chain, account.limit)


def _check_content(case: Case) -> Work[tuple[list[Finding], int, int]]:
    """Findings on what analysis computed, and how many tracklets and crops were looked at."""
    findings: list[Finding] = []
    tracklets, crops, total = 0, 0, case.integrity.count()
    try:
        for tracklet in case.integrity.tracklets():
            yield Progress("checking tracklets and crops", tracklets, total, "tracklets")
            findings += [Finding("content", problem) for problem in tracklet.problems]
            findings += [
                Finding("content", f"The picture of crop {crop_id} of tracklet {tracklet.label} cannot be decoded.")
                for crop_id, jpeg in tracklet.pictures
                if not _decodes(jpeg)
            ]
            tracklets, crops = tracklets + 1, crops + len(tracklet.pictures)
    except CaseCorruptError as error:
        findings.append(Finding("content", str(error)))
    yield Progress("checking embeddings", 0, None, "embeddings")
    findings += _found("content", case.integrity.embeddings())
    return findings, tracklets, crops


def _found(area: str, problems: Iterator[str]) -> Iterator[Finding]:
    """All problems of one check; damage that ends the check is the last of them."""
    try:
        for problem in problems:
            yield Finding(area, problem)
    except CaseCorruptError as error:
        yield Finding(area, str(error))


def check_evidence(item: EvidenceItem) -> Work[list[Finding]]:
    """Whether an item's file is there and still has its registered SHA-256; empty where it is so."""

    def finding(what: str) -> list[Finding]:
        return [Finding("evidence", f"{item.exhibit} ({item.name}) {what}.")]

    try:
        size = item.path.stat().st_size
        if item.path.is_file() and size != item.size:
            return finding(f"has changed: it has {size} bytes, {item.size} were registered")
        digest = yield from hash_file(item.path)
    except (FileNotFoundError, NotADirectoryError):
        return finding(f"is missing: there is nothing at {shown(str(item.path))}")
    except OSError as error:
        return finding(f"could not be read: {error.strerror or error}")
    except EvidenceError as error:
        return finding(f"could not be read: {error}")
    if (digest.sha256, digest.size) != (item.sha256, item.size):
        return finding("has changed: its SHA-256 is no longer the registered one")
    return []


def verify_item(case: Case, item_id: int) -> Work[tuple[Finding, ...]]:
    """Hash one item again; the log notes what was found, where the case is open for writing. Empty: as registered."""
    item = case.evidence.get(item_id)
    found = tuple((yield from check_evidence(item)))
    if case.writable:
        case.audit.note(ITEM_VERIFIED, item.target, findings=[finding.sentence for finding in found])
    return found


def latest_checks(case: Case) -> dict[str, tuple[str, tuple[str, ...]]]:
    """By an item's `target`: when `verify_item` looked at it last (ISO 8601, UTC), and what it found amiss."""
    entries = case.audit.newest(ITEM_VERIFIED)
    return {entry.target: (entry.at, tuple(entry.details["findings"])) for entry in entries}


def _decodes(jpeg: bytes) -> bool:
    import cv2

    if not jpeg.startswith(_JPEG):  # what does not even begin like one is not for a decoder of other formats
        return False
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_8) is not None
