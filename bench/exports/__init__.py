"""Files of everybody, beside the usual library of each format."""
