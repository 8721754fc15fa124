"""A server like nginx: a master opens the port that is the argument, a worker accepts."""

import os
import signal
import socket
import sys

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
if os.fork() == 0:
    while True:
        connection, _ = listener.accept()
        connection.sendall(b"%d" % os.getppid())
        connection.close()
else:
    signal.pause()
