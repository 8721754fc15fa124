"""The HTTP interface: routes, schemas, and the problems that refusals become."""
