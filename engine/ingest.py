"""The verb that brings footage into a case: register it by hash, then find the people in it.

A child process decodes and looks (a decoder may crash on hostile footage); this process alone writes to the case.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from engine import errors
from engine.case import Case
from engine.errors import EvidenceChangedError, EvidenceError, NightjarError, StorageError, WorkerError
from engine.media.files import is_folder
from engine.media.hashing import Stamp, hash_file, stamp
from engine.pipeline.messages import Batch, Failed, Finished, Job, Message, Opened, Preparing, Resume
from engine.progress import Progress, Work
from engine.settings import Settings, as_dict, user_data_dir
from engine.store.records import EvidenceItem, NewRun
from engine.store.tracklets import TrackletFilter
from engine.types import ItemState, Modality

_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """How to ingest. Names of models are those of the library; None takes its defaults."""

    detector: str | None = None
    student: str | None = None
    device: str = "auto"
    settings: Settings = field(default_factory=Settings)
    models_dir: Path = field(default_factory=lambda: user_data_dir() / "models")


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest left in the case. `seconds` is each stage's busy wall time in the last run."""

    item: EvidenceItem
    tracklets: int
    frames_decoded: int
    frames_failed: int
    provider: str
    seconds: dict[str, float]


def register(
    case: Case,
    path: Path,
    camera: str,
    *,
    exhibit: str | None = None,
    modality: Modality | None = None,
    start_time: datetime | None = None,
) -> Work[EvidenceItem]:
    """Take a video file or a folder of pictures into the case, by its SHA-256. The file itself is only read.

    `start_time` is what the recorder's clock showed at the first frame. Raises EvidenceError for what cannot be
    footage, UsageError where the same content is in the case already.
    """
    from engine.media.probe import probe

    case.require_writable()
    before = stamp(path) if path.exists() else ()
    found = probe(path)
    digest = yield from hash_file(path)
    if stamp(path) != before:
        raise EvidenceChangedError(f"{path.name} changed while it was registered.", "Find out what writes to it.")
    return case.evidence.register(
        path, digest, found, camera, exhibit=exhibit, modality=modality, start_time=start_time or found.recorded_at
    )


def ingest_item(case: Case, item_id: int, options: IngestOptions | None = None) -> Work[IngestReport]:
    """Find the people in one item. Goes on where an earlier ingest with the same models and settings stopped.

    Raises EvidenceChangedError where the file is not the registered one, WorkerError where the child process died,
    DeviceLostError where the graphics device did, StorageError where the disk is full; the item is then marked failed
    with the reason, and everything committed is kept, unless the file changed while it was read. An item that was done
    stays done with its results.
    """
    case.require_writable()
    options = options or IngestOptions()
    item = case.evidence.get(item_id)
    try:
        before = stamp(item.path)
        yield from _check_unchanged(item)
        return (yield from _analyse(case, item, options, before))
    except (GeneratorExit, KeyboardInterrupt):
        case.ingest.interrupt(item_id)
        raise
    except (EvidenceError, WorkerError, errors.ModelError, StorageError) as error:
        with suppress(StorageError):  # on a full disk not even this may fit; the next opening of the case notes it
            stop = case.ingest.discard if isinstance(error, EvidenceChangedError) else case.ingest.fail
            stop(item_id, str(error), error.hint)
        raise


def pending(case: Case) -> list[EvidenceItem]:
    """Items that are not done, in the order they were registered."""
    return [item for item in case.evidence.list() if item.state is not ItemState.DONE]


def _check_unchanged(item: EvidenceItem) -> Work[None]:
    """The file is the one that was registered, byte for byte; `EvidenceChangedError` where it is not."""
    digest = yield from hash_file(item.path)
    if digest.sha256 != item.sha256:
        raise EvidenceChangedError(
            f"{item.exhibit} ({item.name}) is not the file that was registered: its size is {digest.size} bytes "
            f"(then {item.size}) and its SHA-256 {digest.sha256[:16]}… (then {item.sha256[:16]}…).",
            "Restore the original file, or register this one as an exhibit of its own.",
        )


def _require_untouched(item: EvidenceItem, before: Stamp) -> None:
    """Nobody wrote to the item since `before` was taken, as far as a look at it can tell."""
    if stamp(item.path) != before:
        raise EvidenceChangedError(
            f"{item.exhibit} ({item.name}) changed while it was read; nothing of this run is kept.",
            "Find out what writes to it, restore the original and ingest again.",
        )


def _analyse(case: Case, item: EvidenceItem, options: IngestOptions, before: Stamp) -> Work[IngestReport]:
    job = _job(case, item, options)
    report = yield from _follow_child(case, item, job, before)
    if report is None:  # other models or settings than the interrupted run's: nothing of it can be used
        report = yield from _follow_child(case, item, replace(job, resume=Resume(), segments=()), before)
    if report is None:
        raise WorkerError(f"The ingest of {item.exhibit} could not be started afresh.")
    return report


def _job(case: Case, item: EvidenceItem, options: IngestOptions) -> Job:
    from engine.models.library import MOTION, ModelLibrary

    library = ModelLibrary(options.models_dir)
    detector = options.detector or library.default("detector")
    resume = case.ingest.resume_point(item.id, detections=detector != MOTION)
    return Job(
        path=item.path,
        detector=detector,
        student=options.student or library.default("student"),
        device=options.device,
        models_dir=options.models_dir,
        settings=options.settings,
        modality=item.modality_override,
        segments=tuple(case.evidence.segments(item.id)) if resume != Resume() else (),
        resume=resume,
    )


def _follow_child(case: Case, item: EvidenceItem, job: Job, before: Stamp) -> Work[IngestReport | None]:
    """Run the child and commit what it tells; None where it turns out that the resume point cannot be used.

    What was analysed is what was hashed: the item is looked at before a commit, and hashed again at the end.
    """
    run_id, opened = 0, None
    folder = is_folder(item.path)  # of any number of pictures: looked at twice, not at every commit
    latest = Progress("starting", 0)
    with _child(job) as (receiving, process):
        for message in _messages(item, receiving, process):
            if message is None:
                yield latest  # silence is a pause and cancellation point too
            elif isinstance(message, Preparing):
                latest = Progress(message.stage, message.done, message.total, message.unit)
                yield latest
            elif isinstance(message, Opened):
                inputs = _inputs(job, message)
                unfinished = case.ingest.unfinished(item.id)
                if job.resume != Resume() and (unfinished is None or unfinished.inputs != inputs):
                    return None
                _require_untouched(item, before)
                run_id, opened = case.ingest.begin(item.id, inputs, message.segments), message
            elif isinstance(message, Batch):
                if not folder:
                    _require_untouched(item, before)
                case.ingest.commit(run_id, message)
                latest = _progress(message, opened)
                yield latest
            elif isinstance(message, Failed):
                raise _as_error(message)
            elif isinstance(message, Finished):
                _require_untouched(item, before)
                yield from _check_unchanged(item)
                case.ingest.finish(run_id, message)
                provider = opened.provider if opened else ""
                return _report(case, item.id, message, provider)
    raise WorkerError(f"The ingest of {item.exhibit} ended without a result.")


@contextmanager
def _child(job: Job) -> Iterator[tuple[Connection, BaseProcess]]:
    """The ingest child; ended, whatever happens, when the block is left."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    from engine.pipeline.worker import run

    process = context.Process(target=run, args=(job, sending), name="nightjar-ingest", daemon=True)
    process.start()
    sending.close()
    try:
        yield receiving, process
    finally:
        if process.is_alive():
            process.terminate()
        process.join(5)
        if process.is_alive():
            process.kill()
            process.join()
        receiving.close()


def _messages(item: EvidenceItem, receiving: Connection, process: BaseProcess) -> Iterator[Message | None]:
    """What the child says; None every now and then while it is silent. WorkerError where it died."""
    position = "before its first frame"
    while True:
        if not receiving.poll(_POLL_SECONDS):
            yield None
            continue
        try:
            message: Message = receiving.recv()
        except (EOFError, OSError):  # the end between two messages, or in the middle of one
            process.join()
            raise _death(item, process.exitcode, position) from None
        yield message
        if isinstance(message, Batch):
            position = f"after frame {message.frames_decoded}"
        if isinstance(message, Finished | Failed):
            return


def _death(item: EvidenceItem, exitcode: int | None, position: str) -> WorkerError:
    how = f"was ended by signal {-exitcode}" if exitcode is not None and exitcode < 0 else f"stopped (code {exitcode})"
    return WorkerError(
        f"The process that reads {item.exhibit} ({item.name}) {how} {position}.",
        "What was found until then is kept. Ingest it again to go on from there; if it fails at the same place, "
        "the footage is damaged there.",
    )


def _inputs(job: Job, opened: Opened) -> NewRun:
    return NewRun(
        detector=opened.detector,
        detector_sha256=opened.detector_sha256,
        student=opened.student,
        student_sha256=opened.student_sha256,
        embedding_dimension=opened.embedding_dimension,
        provider=opened.provider,
        settings=as_dict(job.settings),
        versions=opened.versions,
    )


def _progress(batch: Batch, opened: Opened | None) -> Progress:
    total = opened.frames_expected if opened else None
    return Progress("finding people", batch.frames_decoded, total, "frames")


def _report(case: Case, item_id: int, finished: Finished, provider: str) -> IngestReport:
    return IngestReport(
        item=case.evidence.get(item_id),
        tracklets=case.tracklets.count(TrackletFilter(items=(item_id,))),
        frames_decoded=finished.frames_decoded,
        frames_failed=finished.frames_failed,
        provider=provider,
        seconds=finished.seconds,
    )


def _as_error(failed: Failed) -> NightjarError:
    """The child's fault as the error it was."""
    kind = getattr(errors, failed.error, NightjarError)
    error: NightjarError = kind(failed.message, failed.hint)
    if failed.trace:
        error.add_note(failed.trace)
    return error
