"""Files of all people, compared with the usual library of each format."""
