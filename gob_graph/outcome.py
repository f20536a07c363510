"""How a command ends: its exit code, and one message on standard error in place of a traceback.

0 done, 1 the answer is no, 2 it could not be done.
"""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING

import click

from gob_graph.errors import ForbiddenFact, GobGraphError, RequestError, ValidationFailed

if TYPE_CHECKING:
    from collections.abc import Callable

DONE, NO, FAILED, INTERRUPTED = 0, 1, 2, 130
TOO_DEEP = "the input is nested too deeply"


def outcome(work: Callable[[], object]) -> int:
    """Run the work of a command; Returns its exit code, after the message if it failed."""
    try:
        work()
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else FAILED if error.code else DONE
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        return FAILED  # the message cannot be written either
    except BaseException as error:  # noqa: BLE001 - also the panic of a native library, which is no Exception
        text, code = _message(error)
        say(text)
        if sys.flags.dev_mode:
            traceback.print_exception(error)
        return code
    return DONE


def say(text: str) -> None:
    """One message on standard error."""
    click.echo(f"gob-graph: {text}", err=True)


def _message(error: BaseException) -> tuple[str, int]:
    if isinstance(error, (ForbiddenFact, ValidationFailed)):
        return str(error), NO
    if isinstance(error, RequestError):
        return f"{error.refusal.title}: {error.detail}\n{error.remedy}", FAILED
    if isinstance(error, GobGraphError):
        return str(error), FAILED
    if isinstance(error, MemoryError):
        return "needs more memory than it may take; raise GOB_GRAPH_COMMAND_MEMORY, or split the input", FAILED
    if isinstance(error, RecursionError):
        return TOO_DEEP, FAILED
    if isinstance(error, UnicodeDecodeError):
        return f"an input is not UTF-8 (byte {error.start}: {error.reason}); save it as UTF-8", FAILED
    if isinstance(error, OSError):
        return ": ".join(str(part) for part in (error.filename, error.strerror or error) if part), FAILED
    text = " ".join(str(error).split())
    return f"unexpected {type(error).__name__}: {text}; report it (python -X dev -m gob_graph … tells where)", FAILED
