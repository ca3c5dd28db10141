"""`nightjar verify`, `audit` and `report`: is everything what it was, what was done, what is handed over."""

from __future__ import annotations

from pathlib import Path

import click

from engine.case import Case
from engine.cli.case import FOLDER
from engine.cli.output import Console, command


@click.command("verify")
@click.argument("folder", type=FOLDER)
@click.option("--head", default=None, help="An audit head noted earlier: shows whether entries were cut off since.")
@command
def verify(console: Console, folder: Path, head: str | None) -> None:
    """Check footage against its hashes, the audit chain, database, crops, embeddings and site plan. Changes nothing."""
    from engine.errors import CaseCorruptError
    from engine.verify import verify_case

    with Case.open(folder, writable=False) as case:
        report = console.run(verify_case(case, head))

        def text() -> None:
            for finding in report.findings:
                click.echo(f"- {finding.sentence}")
            if report.passed:
                click.echo("Everything is as it was recorded.")
            if report.limit:
                click.echo(report.limit)
            checked = f"{report.evidence_items} evidence items, {report.tracklets} tracklets, {report.crops} crops"
            if report.site_plans:
                checked += f", {report.site_plans} site plan" + ("s" if report.site_plans > 1 else "")
            click.echo(f"Checked: {checked}, {report.audit_entries} audit entries, head {report.head}")

        console.answer({"passed": report.passed, "report": report}, text)
    if not report.passed:
        raise SystemExit(CaseCorruptError.exit_code)


@click.command("audit")
@click.argument("folder", type=FOLDER)
@click.option("--action", default=None, help="Only this action, e.g. 'ingest.finish'.")
@click.option("--last", type=click.IntRange(min=1), default=50, help="How many of the newest entries.")
@command
def audit(console: Console, folder: Path, action: str | None, last: int) -> None:
    """What was done in the case, newest last, each entry chained to the one before by hash."""
    with Case.open(folder, writable=False) as case:
        entries = list(reversed(case.audit.entries(action=action, limit=last)))
        rows = [(e.id, e.at, e.actor, e.action, e.target, e.hash[:12] + "…") for e in entries]
        document = {"head": case.audit.head, "entries": entries}
        console.answer(document, lambda: console.table(("no.", "time (UTC)", "by", "action", "about", "hash"), rows))


@click.command("report")
@click.argument("folder", type=FOLDER)
@click.argument("place", type=click.Path(path_type=Path))
@click.option("--unchecked", is_flag=True, help="Do not read the originals again to check their SHA-256.")
@command
def report(console: Console, folder: Path, place: Path, unchecked: bool) -> None:
    """Write what is handed over (contact sheets, tables, checksums) into a new folder inside PLACE."""
    from engine.errors import CaseCorruptError, EvidenceError
    from engine.report.handover import write_handover

    with Case.open(folder, examiner=console.examiner) as case:
        written = console.run(write_handover(case, place, check_originals=not unchecked))

        def text() -> None:
            for finding in written.amiss:
                click.echo(f"- {finding.sentence}")
            click.echo(f"{len(written.files)} files in {written.folder}")
            click.echo(f"SHA256SUMS {written.sums_sha256}, audit head {written.head}")

        console.answer(written, text)
    if written.case:
        raise SystemExit(CaseCorruptError.exit_code)
    if written.found:
        raise SystemExit(EvidenceError.exit_code)
