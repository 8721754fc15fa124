"""Lists as files: a queue of export jobs, and the worker that writes the files."""
