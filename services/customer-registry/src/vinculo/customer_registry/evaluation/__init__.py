"""The evaluation of a promotion policy on the facts of one person."""
