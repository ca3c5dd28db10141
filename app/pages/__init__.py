"""The pages of the window, one file each; `PAGES` says where each is found and in which order the rail shows them."""

from __future__ import annotations

from dataclasses import dataclass

from app.words import tr


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the rail. The page's module is imported when it is first shown."""

    name: str
    title: str
    icon: str
    module: str
    at_bottom: bool = False
    needs_case: bool = True


PAGES = (
    Entry("start", tr("Start"), "home-outline", "app.pages.start", needs_case=False),
    Entry("footage", tr("Footage"), "filmstrip", "app.pages.footage"),
    Entry("review", tr("Review", "page"), "play-box-outline", "app.pages.review"),
    Entry("people", tr("People"), "account-group-outline", "app.pages.people"),
    Entry("search", tr("Search", "page"), "account-search-outline", "app.pages.search"),
    Entry("subjects", tr("Subjects"), "folder-account-outline", "app.pages.subjects"),
    Entry("report", tr("Report"), "file-export-outline", "app.pages.report"),
    Entry("activity", tr("Activity"), "format-list-bulleted", "app.pages.activity"),
    Entry("models", tr("Models"), "cube-outline", "app.pages.models", at_bottom=True, needs_case=False),
    Entry("settings", tr("Settings"), "cog-outline", "app.pages.settings", at_bottom=True, needs_case=False),
)
