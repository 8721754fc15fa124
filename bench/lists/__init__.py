"""Pages of the lists: beside the plainest page, beside MongoDB's own plans, beside an export."""
