"""The benches' own tools: what they report is what they measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import common


def _hold(megabytes: int) -> None:
    block = bytearray(megabytes << 20)
    block[::4096] = b"x" * len(block[::4096])


def _die() -> None:
    raise SystemExit(3)


def test_peak_memory_is_the_childs_own() -> None:
    ours = bytearray(400 << 20)  # the parent's memory must not count
    ours[::4096] = b"x" * len(ours[::4096])
    small = common.peak_memory(_hold, 1)
    large = common.peak_memory(_hold, 120)
    assert small < 200 << 20
    assert (large - small) / (119 << 20) == pytest.approx(1, abs=0.15)


def test_a_child_that_dies_is_told() -> None:
    with pytest.raises(RuntimeError, match="exit 3"):
        common.peak_memory(_die)


def test_contenders_take_turns() -> None:
    order: list[str] = []
    medians = common.interleaved_medians({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=2)
    assert order == ["a", "b"] * 3
    assert set(medians) == {"a", "b"}


def test_a_table_is_printed_aligned_and_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(common, "RESULTS", tmp_path)
    table = common.Table("Search", "method", "ms")
    table.add("ours", 12.3456)
    table.add("numpy", 5744)
    table.print()
    assert capsys.readouterr().out.splitlines()[1:] == [
        "Search",
        "method     ms",
        "------  -----",
        "ours    12.35",
        "numpy   5,744",
    ]
    saved = json.loads(common.save("search", table, note="x").read_text(encoding="utf-8"))
    assert saved["tables"] == {"Search": [{"method": "ours", "ms": 12.3456}, {"method": "numpy", "ms": 5744}]}
    assert saved["note"] == "x"
    assert saved["machine"]["python"]


def test_a_row_must_fit_its_headings() -> None:
    with pytest.raises(ValueError, match="1 cells under 2 headings"):
        common.Table("t", "a", "b").add(1)
