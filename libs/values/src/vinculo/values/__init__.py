"""One rule per kind of value: the same in forms, live checks, search, mails and exports."""
