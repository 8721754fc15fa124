"""A stub service that is healthy and echoes requests: `stub_service.py NAME PORT [HOST]`."""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ECHOED_SETTINGS = ("VINCULO_CRASH_AT", "VINCULO_TOPIC_PREFIX", "VINCULO_SESSION_TIMEOUT_MS")
REFUSALS = {"busy": 429, "unavailable": 503}


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def respond(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        settings = {name: os.environ[name] for name in ECHOED_SETTINGS if name in os.environ}
        content = json.dumps(
            {
                "name": sys.argv[1],
                "pid": os.getpid(),
                "path": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "body_bytes": len(body),
                "settings": settings,
            }
        ).encode()
        starting = os.environ.get("VINCULO_CRASH_AT") == "never-ready"
        refused = REFUSALS.get(self.path.rpartition("/")[2])
        self.send_response(503 if starting else refused or 200)
        if refused:
            self.send_header("Retry-After", "17")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Security-Policy", "block-all-mixed-content")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = respond  # noqa: N815  # names http.server calls

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its own name
        del format, args


if __name__ == "__main__":
    if "refuse-to-start" in os.environ.get("VINCULO_CRASH_AT", ""):
        sys.stderr.write(f"{sys.argv[1]} cannot start: VINCULO_KAFKA is missing\n")
        sys.exit(78)
    if os.environ.get("VINCULO_CRASH_AT") == "at-once":
        os.kill(os.getpid(), signal.SIGKILL)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    ThreadingHTTPServer.request_queue_size = 128  # the gateway may open fifty connections at once
    host = sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1"
    ThreadingHTTPServer((host, int(sys.argv[2])), Echo).serve_forever()
