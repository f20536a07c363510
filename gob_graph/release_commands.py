"""The commands over releases: `releases`, `rollback`, `diff`, `patch`, `follow`. Part of the command line."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from gob_graph import publication
from gob_graph.errors import GobGraphError, ReleaseError, SourceError
from gob_graph.manifest import DATASET
from gob_graph.publication_log import manifest_digests
from gob_graph.release import CURRENT, open_release
from gob_graph.sandbox import confined
from gob_graph.vocab import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gob_graph.settings import Settings


@click.command()
@click.option("--format", "form", default="text", type=click.Choice(["text", "json"]), help="Kind of list.")
@click.option("--verify", is_flag=True, help="Check manifest and files of every release; exit 1 at a fault.")
@click.pass_obj
def releases(settings: Settings, form: str, verify: bool) -> None:  # noqa: FBT001 - click
    """List what was published when, the newest first; rollbacks included.

    A link or a log that is not as it should be is told in any case; with --verify it is a fault, too.
    """
    folder = settings.release_dir
    log, now = publication.publications(folder), publication.current_id(folder)
    known = {*publication.release_ids(folder), *(p.release for p in log if p.release)}
    wrong = {identity: _fault(folder / identity) for identity in sorted(known)} if verify else {}
    last = max((p.number for p in log if p.release == now), default=0)
    rows = [_row(folder, p, wrong, "current" if p.number == last else "") for p in reversed(log)]
    if form == "json":
        click.echo(json.dumps(rows, indent=2))
    else:
        for row in rows:
            click.echo(
                f"{row['number']:4}  {row['at']}  {row['release'][:12]}  {row['version']:10} {row['remark']}".rstrip()
            )
        click.echo(f"({len(rows)} publications)")
    damaged = [text for text in wrong.values() if text] + [t.detail for t in publication.troubles(folder)]
    for text in damaged:
        click.echo(f"gob-graph: {text}", err=True)
    for identity in sorted(known - manifest_digests(folder).keys()) if verify else ():
        click.echo(f"note: the log holds no digest of the manifest of {identity[:12]}; the next publication records it")
    sys.exit(1 if verify and damaged else 0)


def _row(folder: Path, p: publication.Publication, wrong: dict[str, str], current: str) -> dict[str, Any]:
    try:
        found = open_release(folder / p.release, verify=False)
        version, triples = found.version, found.manifest["distinct_triples"]
    except ReleaseError:
        version, triples = "?", None
    remarks = ["rollback" if p.rollback else "", current]
    remarks.append("damaged" if wrong.get(p.release) or version == "?" else "")
    return {
        "number": p.number,
        "at": p.at.isoformat(),
        "release": p.release,
        "version": version,
        "triples": triples,
        "remark": ", ".join(r for r in remarks if r),
    }


def _fault(path: Path) -> str:
    try:
        open_release(path)
    except ReleaseError as error:
        return str(error)
    return ""


@click.command()
@click.argument("identity", metavar="[ID]", required=False)
@click.option("--back", default=1, type=click.IntRange(1), help="Without ID: how many releases before the current one.")
@click.pass_obj
def rollback(settings: Settings, identity: str | None, back: int) -> None:
    """Make an older release current again (or a newer one, by its ID). A running server takes it on SIGHUP."""
    release = publication.roll_back(settings.release_dir, identity, back)
    click.echo(f"release {release.id} (version {release.version}) is now current")


@click.command()
@click.argument("old")
@click.argument("new", default="current")
@click.option("--format", "form", default="text", type=click.Choice(["text", "patch", "json"]), help="Kind of answer.")
@click.option("--language", default="en", type=click.Choice(LANGUAGES), help="Language of the text.")
@click.pass_obj
def diff(settings: Settings, old: str, new: str, form: str, language: str) -> None:
    """Tell what changed from release OLD to release NEW (ids, their first digits, 'current' or 'previous')."""
    from gob_graph.changelog import sentences
    from gob_graph.changes import changes

    body, summary = changes(settings.release_dir, *(_named(settings.release_dir, name) for name in (old, new)))
    if form == "patch":
        click.echo(body.decode(), nl=False)
    elif form == "json":
        click.echo(json.dumps(summary, indent=2, ensure_ascii=False))
    else:
        quads = summary["quads"]
        click.echo("\n".join(sentences(summary, language)))
        click.echo(f"+{quads['added']} -{quads['removed']} quads")
        for cls, counts in summary["classes"].items():
            click.echo(f"  {cls}: " + ", ".join(f"{n} {how}" for how, n in counts.items() if n))


def _named(folder: Path, name: str) -> str:
    order = list(dict.fromkeys(p.release for p in publication.publications(folder)))
    if name == "current" and (folder / CURRENT).is_symlink():
        return (folder / CURRENT).readlink().name
    if name == "previous" and len(order) > 1:
        return order[-2]
    return publication.find_release(folder, name)


@click.command()
@click.argument("patch_file", metavar="PATCH", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--apply-to",
    "dataset",
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="N-Quads of the old release, or its folder.",
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write; default: standard output."
)
@confined
def patch(patch_file: Path, dataset: Path, output: Path | None) -> None:
    """Apply an RDF PATCH to the N-Quads of the release it was made for, and prove the result by its hash.

    The patch of another tool, which names no hash, is applied as well; then the result is said to be not proved.
    All three files may be gzip (.gz). Sorted canonical N-Quads, as of a release, may be of any size; others are held
    whole.
    """
    from gob_graph.patched import patched
    from gob_graph.rdf_patch import read_patch
    from gob_graph.reading.rdf_file import read_bytes

    found = read_patch(_decoded(read_bytes(patch_file), patch_file), patch_file)
    result = patched(dataset / DATASET if dataset.is_dir() else dataset, found, patch_file)
    try:
        with _replaced(output) if output else click.open_file("-", "wb") as stream:
            _write(stream, result.body, packed=output is not None and output.suffix == ".gz")
    except OSError as error:
        raise GobGraphError(f"{output or 'standard output'} cannot be written: {error.strerror}") from error
    said = "proved" if result.proved else f"not proved, as the patch has no header 'sha256'; sha256 {result.sha256}"
    if output or not result.proved:
        click.echo(f"{said}; {result.count} quads" + (f" in {output}" if output else ""), err=True)


def _write(stream: IO[bytes], pieces: Iterable[bytes], *, packed: bool) -> None:
    if not packed:
        stream.writelines(pieces)
        return
    with gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0) as body:  # no name, no time: the same bytes
        body.writelines(pieces)


@contextmanager
def _replaced(path: Path) -> Iterator[IO[bytes]]:
    """A file beside that takes the place of another when it is whole; a device or a pipe is written to as it is."""
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            yield stream
        return
    final = path.resolve()
    draft = final.with_name(f".{final.name}.{os.getpid()}")
    try:
        with draft.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if final.exists():
            shutil.copymode(final, draft)
        draft.replace(final)
    finally:
        draft.unlink(missing_ok=True)


def _decoded(body: bytes, path: Path) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise SourceError(path, "is not UTF-8", body.count(b"\n", 0, error.start) + 1) from error


@click.command()
@click.argument("url")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--once", is_flag=True, help="Catch up and end; otherwise go on.")
@click.option("--interval", default=60.0, type=click.FloatRange(0.1), help="Seconds between two looks at the feed.")
@click.option(
    "--status",
    type=click.Path(dir_okay=False, path_type=Path),
    help="JSON file for monitoring; default: DIR/follow-status.json.",
)
@click.option(
    "--hangup",
    metavar="PID|FILE",
    help="Process id of a 'gob-graph serve' on DIR, or a file that holds it: is told of each new release.",
)
def follow(url: str, folder: Path, *, once: bool, interval: float, status: Path | None, hangup: str | None) -> None:
    """Keep DIR a proved replica of the releases of the server at URL; 'gob-graph serve' can serve it.

    It can be stopped at any moment and goes on where it was. A fault is told in one line and tried again, after pauses
    that grow; with --once it ends with exit code 2.
    """
    from gob_graph.follow_loop import Follower

    if not url.startswith(("http://", "https://")):
        raise click.UsageError(f"URL must begin with http:// or https://, not as {url!r} does")

    def taken(number: int) -> None:
        click.echo(f"{number} publication(s) taken; {publication.current_id(folder)} is current in {folder}")
        _prepare(folder)
        if hangup:
            tell(hangup)

    follower = Follower(url.rstrip("/"), folder, lambda text: click.echo(f"… {text}", err=True), interval, status)
    if not once:
        follower.forever(taken)
    try:
        number = follower.once()
    finally:
        follower.write_status()
    if number:
        taken(number)


def _prepare(folder: Path) -> None:
    """Make what a server of this folder would make otherwise, before it is told of the release."""
    from gob_graph.endpoint.engine.prepared import PreparedError
    from gob_graph.endpoint.prepare import prepare

    try:
        prepare(open_release(folder / CURRENT, verify=False))
    except (PreparedError, GobGraphError) as error:
        click.echo(f"gob-graph: {error}; the server will try again", err=True)


def tell(server: str) -> None:
    """Send SIGHUP to a process; a file is read each time, as a server that was started again has another id."""
    try:
        process = server if server.isdecimal() else Path(server).read_text(encoding="ascii").strip()
        if not process.isdecimal() or int(process) <= 1:
            raise ValueError(f"{process[:20]!r} is no process id")
        os.kill(int(process), signal.SIGHUP)
    except (OSError, ValueError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        click.echo(f"gob-graph: process {server} cannot be told of the new release: {reason}", err=True)


COMMANDS = (releases, rollback, diff, patch, follow)
