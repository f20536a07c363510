"""From a release to answers. Start reading at `web` (routes), `protocol` (what is asked), `pool` (who answers)."""
