"""The document of one person: its folds by source, its derived list columns, its search tokens."""
