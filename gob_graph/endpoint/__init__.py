"""From a release to answers. Start reading at `web/routes`, `sparql/protocol.py` and `engine/dispatcher.py`."""
