"""Pages of the lists, compared with plain pages, MongoDB's own plans and pages during exports."""
