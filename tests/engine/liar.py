"""A SPARQL service that holds a release by its own account and answers everything else as a test says: wrongly."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import parse_qs

JSON = "application/sparql-results+json"
TRIPLES = "application/n-triples"
Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """One exchange; `server` is a `Liar`."""

    protocol_version = "HTTP/1.1"
    server: "Liar"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Type"] == TRIPLES:
            self.server.store(self)
            return
        self.form = parse_qs(body.decode(), keep_blank_values=True)
        self.server.asked.append(self)
        if "purl.org/dc/terms/identifier" in self.form["query"][0]:
            rows = f'{{"id":{{"type":"literal","value":"{self.server.holds}"}}}}' if self.server.holds else ""
            self.whole(f'{{"head":{{"vars":["id"]}},"results":{{"bindings":[{rows}]}}}}')
        else:
            self.server.answer(self)

    def do_GET(self) -> None:
        raise AssertionError("queries go by POST, and no redirect is followed")

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def head(self, status: int = 200, media_type: str = JSON, **fields: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def whole(self, body: str, status: int = 200, media_type: str = JSON, **fields: str) -> None:
        self.head(status, media_type, Content_Length=str(len(body.encode())), **fields)
        self.wfile.write(body.encode())

    def cut(self) -> None:
        self.wfile.flush()
        self.close_connection = True


class Liar(ThreadingHTTPServer):
    """The service; `holds` is the id of the release that it states."""

    daemon_threads = True

    def __init__(self, holds: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.holds = holds
        self.answer: Answer = lambda handler: handler.whole('{"head":{},"boolean":true}')
        self.store: Answer = lambda handler: handler.whole("", 403)
        """Its graph store: it takes nothing."""
        self.asked: list[Handler] = []
        self.over = Event()
        """Set when the test is over: what hangs ends."""
        self.url = f"http://127.0.0.1:{self.server_address[1]}/sparql"


@contextmanager
def liar(holds: str) -> Iterator[Liar]:
    service = Liar(holds)
    thread = Thread(target=service.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.over.set()
        service.shutdown()
        service.server_close()
