"""What this computer offers: the device it computes on and the models it has. Never asked on the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.jobs import Job
from app.session import Changes, Session
from app.words import tr
from engine.errors import ModelError, NightjarError
from engine.progress import Progress, Work

if TYPE_CHECKING:
    from engine.models.card import ModelCard
    from engine.reembed import ReembedReport

LANE = "models"


@dataclass(frozen=True, slots=True)
class Facts:
    """`device` in a word for the badge, `provider` in full; `model` the default student, '' where there is none."""

    device: str
    provider: str
    model: str
    provisional: str


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model of the library; `embedded` and `missing` count crops of the open case."""

    card: ModelCard
    builtin: bool
    default: bool
    missing: int | None


def facts(device: str) -> Facts:
    """Ask ONNX Runtime and the model library."""
    from engine.models.library import ModelLibrary
    from engine.models.runtime import choose_provider

    try:
        provider, why = choose_provider(device)
    except ModelError as error:
        provider, why = "CPUExecutionProvider", str(error)
    library = ModelLibrary()
    try:
        model = library.get(library.default("student"))
    except ModelError:
        return Facts(_word(provider), why or provider, "", "")
    return Facts(_word(provider), why or provider, model.name, model.card.provisional)


def _word(provider: str) -> str:
    return "CPU" if provider.startswith("CPU") else "GPU"


def models(session: Session) -> list[ModelRow]:
    """Every model, and how much of the open case's archive each still has to embed."""
    from engine.models.library import ModelLibrary

    library = ModelLibrary()
    found = []
    for model in library.list():
        try:
            default = library.default(model.card.task) == model.name
        except ModelError:
            default = False
        student = model.card.task == "student" and session.case is not None
        missing = session.case.embeddings.count_missing(model.card.sha256) if student and session.case else None
        found.append(ModelRow(model.card, model.builtin, default, missing))
    return found


def damaged() -> list[str]:
    """A sentence for each model that is left out."""
    from engine.models.library import ModelLibrary

    return list(ModelLibrary().damaged())


def set_default(session: Session, card: ModelCard) -> None:
    """Use this model from now on."""

    def act() -> None:
        from engine.models.library import ModelLibrary

        ModelLibrary().set_default(card.task, card.name)

    changed: Callable[[object], None] = lambda _none: session.changed.emit(Changes(models=True))  # noqa: E731
    session.runner.call(act, changed, session.failed.emit)


def import_model(session: Session, path: Path) -> Job:
    """Copy a model and its card in; both are checked by running the model once."""

    def make() -> Work[str]:
        def work() -> Work[str]:
            from engine.models.library import ModelLibrary

            yield Progress(tr("checking"), 0, 1)
            return ModelLibrary().import_file(path).name

        return work()

    def done(name: str) -> None:
        session.message.emit("plain", tr("The model {name} was imported.").format(name=name), "")
        session.changed.emit(Changes(models=True))

    title = tr("Importing {name}").format(name=path.name)
    return session.runner.start(Job(title, make, LANE, path, done, session.failed.emit))


def embed_archive(session: Session, card: ModelCard) -> Job:
    """Embed every crop of the open case with this model, so that it can be searched with."""

    def make() -> Work[ReembedReport]:
        from engine.reembed import reembed

        if session.case is None:
            raise NightjarError(tr("No case is open."))
        return reembed(session.case, card.name, device=session.device)

    def done(report: ReembedReport) -> None:
        words = tr("{n} crops were embedded with {name}.", "{n} crop was embedded with {name}.", report.crops)
        session.message.emit("plain", words.format(name=report.model), "")
        session.changed.emit(Changes(models=True, tracklets=True))

    title = tr("Embedding the archive with {name}").format(name=card.name)
    return session.runner.start(Job(title, make, LANE, card.sha256, done, session.failed.emit))
