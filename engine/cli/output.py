"""How the command line speaks: tables or JSON on standard output, progress and faults on standard error."""

from __future__ import annotations

import functools
import getpass
import io
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from engine.errors import Cancelled, NightjarError, StorageError
from engine.media.files import shown
from engine.progress import Meter, Progress, Work

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Console:
    """Where one command's answer goes. `as_json` prints one JSON document and no tables."""

    as_json: bool
    examiner: str

    def answer(self, document: Any, text: Callable[[], None]) -> None:
        """Print `document` as JSON, or call `text` to print it for people."""
        if self.as_json:
            from engine.store.codec import plain

            click.echo(json.dumps(plain(document), indent=2, ensure_ascii=False))
        else:
            text()

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print rows under column headings, aligned."""
        cells = [[str(cell) for cell in row] for row in (columns, *rows)]
        widths = [max(len(row[n]) for row in cells) for n in range(len(columns))]
        for number, row in enumerate(cells):
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            click.echo(click.style(line, bold=True) if number == 0 and sys.stdout.isatty() else line)

    def notice(self, sentence: str) -> None:
        """Say something beside the answer, where it never disturbs JSON."""
        click.echo(sentence, err=True)

    def run(self, work: Work[T]) -> T:
        """Run long work with a progress bar (rate and time left) on standard error."""
        from engine.progress import finish

        with _Bar() as bar:
            return finish(work, bar.show)

    def run_all(self, works: Sequence[tuple[str, Work[T]]]) -> tuple[list[T], list[NightjarError]]:
        """Run one named work after the other, going on where one fails: what they gave, and the faults, which are told
        on standard error. A fault of the only one is raised."""
        done: list[T] = []
        failures: list[NightjarError] = []
        for name, work in works:
            try:
                done.append(self.run(work))
            except NightjarError as error:
                if len(works) == 1:
                    raise
                self.notice(f"{name}: {error}" + (f" {error.hint}" if error.hint else ""))
                failures.append(error)
        return done, failures


class Commands(click.Group):
    """A group whose help tells all of what each command does, where click cuts it to one line."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        named = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(limit=1000)) for name, each in named if each])


class _Bar:
    """A progress bar on a terminal; plain lines, at most one every ten seconds, elsewhere."""

    LINE_SECONDS = 10.0

    def __init__(self) -> None:
        self._meter = Meter()
        self._live: Any = None
        self._task: Any = None
        self._stage: str | None = None
        self._last_line = 0.0

    def __enter__(self) -> _Bar:
        if sys.stderr.isatty():
            from rich.console import Console as RichConsole
            from rich.progress import BarColumn, TextColumn
            from rich.progress import Progress as RichProgress

            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[numbers]}"))
            self._live = RichProgress(*columns, console=RichConsole(stderr=True), transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, progress: Progress) -> None:
        """Take in one report."""
        self._meter.update(progress)
        if self._live is not None:
            if progress.stage != self._stage:
                if self._task is not None:
                    self._live.remove_task(self._task)
                self._task = self._live.add_task(progress.stage, total=progress.total, numbers="")
            self._live.update(
                self._task, completed=progress.done, total=progress.total, numbers=self._numbers(progress)
            )
        elif progress.stage != self._stage or self._due():
            click.echo(f"{progress.stage}: {self._numbers(progress)}", err=True)
        self._stage = progress.stage

    def _due(self) -> bool:
        import time

        now = time.monotonic()
        if now - self._last_line < self.LINE_SECONDS:
            return False
        self._last_line = now
        return True

    def _numbers(self, progress: Progress) -> str:
        of_bytes = progress.unit == "bytes"
        amount: Callable[[float], str] = (lambda n: f"{n / 1e6:.1f}") if of_bytes else (lambda n: f"{n:.0f}")
        unit = "MB" if of_bytes else progress.unit
        whole = f" of {amount(progress.total)}" if progress.total else ""
        parts = [f"{amount(progress.done)}{whole} {unit}".rstrip()]
        if (rate := self._meter.rate) is not None and of_bytes:
            parts.append(f"{rate / 1e6:.0f} MB/s")
        elif rate is not None:
            parts.append(f"{rate:.0f}/s" if rate >= 10 else f"{rate:.1f}/s")
        if (left := self._meter.seconds_left) is not None:
            parts.append(f"{duration(left)} left")
        if progress.detail:
            parts.append(progress.detail)
        return ", ".join(parts)


def duration(seconds: float) -> str:
    """'42 s', '3 min 05 s' or '2 h 10 min'."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--json` and `--examiner`, a `Console` as first argument, and plain words for faults."""

    @click.option("--json", "as_json", is_flag=True, help="Answer with one JSON document.")
    @click.option("--examiner", default=None, help="Who is working (default: the account's name).")
    @functools.wraps(function)
    def wrapped(*args: Any, as_json: bool, examiner: str | None, **options: Any) -> None:
        console = Console(as_json, examiner if examiner is not None else _account())
        for stream in (sys.stdout, sys.stderr):  # names that the terminal cannot show are escaped, not a fault
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        try:
            function(console, *args, **options)
        except KeyboardInterrupt:
            _tell(console, Cancelled("Stopped. What was done so far is kept.", "The same command goes on from there."))
        except NightjarError as error:
            _tell(console, error)
        except BrokenPipeError:  # whoever read the answer has read enough
            sys.exit(1)
        except OSError as error:
            where = f" ({shown(str(error.filename))})" if error.filename else ""
            _tell(
                console,
                StorageError(
                    f"The system refused: {error.strerror or error}{where}.",
                    "Check that the disk is connected and has room, and that you may use what is named.",
                ),
            )

    return wrapped


def leave_with(failures: Sequence[NightjarError]) -> None:
    """After the answer: the exit code of the first fault that was told beside it, if there was one."""
    if failures:
        sys.exit(failures[0].exit_code)


def _account() -> str:
    """The account's name; empty where the system knows none, and then --examiner must say who is working."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _tell(console: Console, error: NightjarError) -> None:
    """Print a fault as one sentence and what to do, then leave with its exit code."""
    if console.as_json:
        document = {"error": str(error), "hint": error.hint, "kind": type(error).__name__}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        click.echo(f"{error}" + (f"\n{error.hint}" if error.hint else ""), err=True)
        for trace in getattr(error, "__notes__", ()):  # of a mistake of ours in a child process
            click.echo(trace, err=True)
    sys.exit(error.exit_code)
