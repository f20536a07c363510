"""Every answer under load, kills, disconnects and reloads is the right one (`tests/soak.py`), for a short while."""

from dataclasses import replace

from gob_graph.release import Release
from gob_graph.settings import Settings
from tests.conftest import Starter
from tests.soak import SETTINGS, soak

SECONDS = 20.0


def test_every_answer_belongs_to_its_request(start: Starter, settings: Settings, release: Release) -> None:
    assert release
    own = start(replace(settings, **{name.lower(): int(value) for name, value in SETTINGS.items()}))
    found = soak(int(own.url.rpartition(":")[2]), own.process.pid, SECONDS)
    assert found.wrong == [], found
    assert found.unexplained == [], found
    assert {"worker", "zygote", "reload", "server"} <= set(found.events), found
    # Few on a busy machine, and still so many that equal texts met each other.
    assert found.right > 500, found
