"""The read model: lists, profile, exports."""
