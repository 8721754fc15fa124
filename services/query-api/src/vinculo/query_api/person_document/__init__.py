"""The read model's document of one person: its sections, its list columns, its timeline."""
