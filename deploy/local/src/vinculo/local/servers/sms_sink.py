"""The SMS gateway's process: `python sms_sink.py PORT FOLDER [HOST]`.

POST stores a message as a file, GET lists the stored messages. Compose runs this file by itself,
so it imports the standard library only.
"""

import json
import os
import signal
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

MAX_BODY_BYTES = 64 * 1024


class MessageFolder:
    """Stores each message as a file, renamed into place so that no reader sees half of one.

    File names begin with the time in nanoseconds and sort by arrival.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()
        self._lock = threading.Lock()

    def save(self, message: dict[str, Any]) -> None:
        with self._lock:
            name = f"{time.time_ns()}-{next(self._numbers):06}.json"
        unfinished = self._folder / f"{name}.making"
        text = json.dumps(message, ensure_ascii=False, indent=2)
        unfinished.write_text(f"{text}\n", encoding="utf-8")
        unfinished.rename(self._folder / name)

    def all(self, to: str | None) -> list[dict[str, Any]]:
        paths = sorted(self._folder.glob("*.json"))
        messages = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
        return [message for message in messages if to is None or message["to"] == to]


def handler_for(messages: MessageFolder) -> type[BaseHTTPRequestHandler]:
    class SmsHandler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            recipients = parse_qs(urlsplit(self.path).query).get("to")
            self._respond(HTTPStatus.OK, messages.all(recipients[0] if recipients else None))

        def do_POST(self) -> None:
            message = self._message()
            if message is None:
                self._respond(HTTPStatus.BAD_REQUEST, {"error": "send JSON with to and text"})
                return
            messages.save(message)
            self._respond(HTTPStatus.ACCEPTED, {})

        def _message(self) -> dict[str, Any] | None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > MAX_BODY_BYTES:
                self.close_connection = True
                return None
            try:
                message = json.loads(self.rfile.read(length))
            except ValueError:
                return None
            fields = message if isinstance(message, dict) else {}
            is_valid = isinstance(fields.get("to"), str) and isinstance(fields.get("text"), str)
            return fields if is_valid else None

        def _respond(self, status: HTTPStatus, content: object) -> None:
            body = json.dumps(content, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its own name
            del format, args

    return SmsHandler


class Server(ThreadingHTTPServer):
    request_queue_size = 128  # the sender opens one connection per message, several concurrently


def serve(port: int, folder: Path, host: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with Server((host, port), handler_for(MessageFolder(folder))) as server:
        server.serve_forever()


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    serve(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1")  # noqa: PLR2004
