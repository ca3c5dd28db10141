"""Two kinds of failure.

`NightjarError` and its children are the environment's or the user's: told in one plain sentence with what to do,
never with a traceback. Everything else is our own bug and may crash loudly.
"""

from __future__ import annotations


class NightjarError(Exception):
    """A failure to be told plainly. `str(error)` is one sentence; `hint` says what to do next."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(NightjarError):
    """The request itself makes no sense (unknown id, empty gallery, wrong combination)."""

    exit_code = 2


class EvidenceError(NightjarError):
    """A file of evidence is missing, unreadable, damaged, encrypted or not what it was."""

    exit_code = 3


class EvidenceChangedError(EvidenceError):
    """The file's SHA-256 or size is no longer the registered one."""


class CaseError(NightjarError):
    """The case folder or its database cannot be used."""

    exit_code = 4


class CaseLockedError(CaseError):
    """Another program is writing to this case."""


class CaseCorruptError(CaseError):
    """`case.db` is damaged or its audit chain is broken."""


class CaseTooNewError(CaseError):
    """The case was written by a newer Nightjar."""


class ModelError(NightjarError):
    """A model file does not fit its card, its hash or its interface, or computes nonsense."""

    exit_code = 5


class DeviceLostError(ModelError):
    """The graphics device stopped answering in the middle of the work. The CPU can do what it was doing."""


class StorageError(NightjarError):
    """The disk is full or not writable."""

    exit_code = 6


class WorkerError(NightjarError):
    """A child process died; what it had committed is kept."""

    exit_code = 7


class WorkerBugError(WorkerError):
    """A child process met a mistake of ours, not a fault of the world; its traceback is among the exception's notes."""


class Cancelled(NightjarError):
    """The user stopped the work. Nothing is lost; it can be resumed."""

    exit_code = 130
