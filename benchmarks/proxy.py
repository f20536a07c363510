"""The shipped nginx configuration with other ports and folders, and nothing else changed."""

from __future__ import annotations

import os
from pathlib import Path

SHIPPED = Path(__file__).parent.parent / "deploy/nginx.conf"


def configuration(folder: Path, port: int, behind: str, agents: str = "127.0.0.1:8001") -> str:
    """The text of the file.

    Args:
        folder: where nginx writes.
        port: where it listens on the loopback interface.
        behind: host and port of the server behind it.
        agents: host and port of the server for agents behind it.

    Raises:
        ValueError: the shipped file has not what would be replaced.
    """
    text = SHIPPED.read_text(encoding="utf-8")
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("server 127.0.0.1:8000;", f"server {behind};"),
        ("server 127.0.0.1:8001;", f"server {agents};"),
        ("/run/nginx.pid", str(folder / "pid")),
        ("/var/log/nginx/error.log", str(folder / "error.log")),
        ("/var/lib/nginx/", f"{folder}/temporary-"),
    ):
        if old not in text:
            raise ValueError(f"{SHIPPED.name} has no {old}")
        text = text.replace(old, new)
    # Its workers must reach the folder, which only root may enter when root made it.
    return "user root;\n" + text if os.getuid() == 0 else text
