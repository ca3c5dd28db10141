"""Downloads against a server on this machine: whole, resumed, broken off, wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.models.card import Model
from engine.models.catalogue import CATALOGUE, CatalogueEntry, download, find
from engine.models.library import ModelLibrary
from engine.progress import finish
from tests.helpers import tiny_models


@dataclass
class Publisher:
    """What the server sends: `data`, broken off after `breaks_after` bytes; notes the ranges asked for."""

    data: bytes = b""
    breaks_after: int | None = None
    knows_ranges: bool = True
    status: int = 200
    ranges: list[str | None] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    state = Publisher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            state.ranges.append(wanted)
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and state.knows_ranges else 0
            self.send_response(206 if start and state.status == 200 else state.status)
            self.send_header("Content-Length", str(len(state.data) - start))
            self.end_headers()
            self.wfile.write(state.data[start : state.breaks_after])

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}/net.onnx"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def model(tmp_path: Path, publisher: Publisher) -> Model:
    made = tiny_models.student(tmp_path / "published.onnx")
    publisher.data = made.path.read_bytes()
    return made


@pytest.fixture
def library(tmp_path: Path) -> ModelLibrary:
    return ModelLibrary(tmp_path / "models")


def entry(model: Model, publisher: Publisher) -> CatalogueEntry:
    return CatalogueEntry(model.card, publisher.url, model.path.stat().st_size, "https://example.org")


def imported(library: ModelLibrary) -> list[str]:
    return [m.name for m in library.list() if not m.builtin]


def test_a_download_is_checked_and_imported(model: Model, publisher: Publisher, library: ModelLibrary) -> None:
    assert finish(download(entry(model, publisher), library)).card == model.card
    assert imported(library) == ["tiny-student"]
    assert not list((library.user_dir / "downloads").iterdir())


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_broken_download_goes_on_where_it_stopped(
    model: Model, publisher: Publisher, library: ModelLibrary, knows_ranges: bool
) -> None:
    publisher.breaks_after = 100
    with pytest.raises(ModelError, match=r"broke off|could not be downloaded"):
        finish(download(entry(model, publisher), library))
    assert imported(library) == []
    publisher.breaks_after, publisher.knows_ranges = None, knows_ranges
    finish(download(entry(model, publisher), library))
    assert publisher.ranges == [None, "bytes=100-"]
    assert imported(library) == ["tiny-student"]


def test_another_file_than_the_pinned_one_is_thrown_away(
    model: Model, publisher: Publisher, library: ModelLibrary
) -> None:
    publisher.data = publisher.data[:-1] + b"!"
    with pytest.raises(ModelError, match="not the pinned file"):
        finish(download(entry(model, publisher), library))
    assert imported(library) == []
    assert not list((library.user_dir / "downloads").iterdir())


def test_a_server_that_sends_too_much_is_cut_off(model: Model, publisher: Publisher, library: ModelLibrary) -> None:
    publisher.data += b"more"
    with pytest.raises(ModelError, match="sends more"):
        finish(download(entry(model, publisher), library))
    assert imported(library) == []


def test_a_server_that_refuses_is_told_plainly(model: Model, publisher: Publisher, library: ModelLibrary) -> None:
    publisher.status = 404
    with pytest.raises(ModelError, match="could not be downloaded"):
        finish(download(entry(model, publisher), library))


def test_plain_http_to_the_world_is_refused(model: Model) -> None:
    with pytest.raises(ModelError, match="not https"):
        CatalogueEntry(model.card, "http://example.org/net.onnx", 1, "")


def test_an_unknown_entry_is_told_plainly() -> None:
    with pytest.raises(ModelError, match="no model 'nobody'"):
        find("nobody", CATALOGUE)
