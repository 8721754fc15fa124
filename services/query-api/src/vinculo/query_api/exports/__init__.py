"""Lists as files: jobs that a process of their own works off."""
