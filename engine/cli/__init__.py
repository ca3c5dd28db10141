"""Every verb without a screen: `nightjar case|evidence|cameras|ingest|search|subject|models|verify|audit|report …`.

Exit codes are those of `engine.errors`; 0 is success.
"""

from __future__ import annotations

import click

from engine import __version__
from engine.cli.output import Commands

_GROUPS = {
    "case": "engine.cli.case:case",
    "evidence": "engine.cli.evidence:evidence",
    "cameras": "engine.cli.cameras:cameras",
    "ingest": "engine.cli.evidence:ingest",
    "reembed": "engine.cli.models:reembed",
    "tracklets": "engine.cli.tracklets:tracklets",
    "search": "engine.cli.search:search",
    "decide": "engine.cli.search:decide",
    "searches": "engine.cli.search:searches",
    "subject": "engine.cli.subject:subject",
    "models": "engine.cli.models:models",
    "verify": "engine.cli.checks:verify",
    "audit": "engine.cli.checks:audit",
    "report": "engine.cli.checks:report",
    "demo": "engine.cli.demo:demo",
}


class _Lazy(Commands):
    """Loads a command's module when it is asked for, so that `nightjar --help` answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_GROUPS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _GROUPS:
            return None
        from importlib import import_module

        module, attribute = _GROUPS[name].split(":")
        found: click.Command = getattr(import_module(module), attribute)
        return found


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="nightjar")
def main() -> None:
    """Nightjar ranks daytime colour (RGB) appearances of a person seen by night in infrared (IR).

    It gives candidates for an analyst to review: an investigative lead, never an identification.
    """
