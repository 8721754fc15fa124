"""The consumer of the other services' topics, of the credit systems' and of the registry's own."""
