"""The three lists of people: filtered, searched, sorted, paged and counted."""
