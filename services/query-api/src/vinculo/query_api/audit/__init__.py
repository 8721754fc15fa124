"""Reading the audit log, and the middleware that writes entries for every route."""
