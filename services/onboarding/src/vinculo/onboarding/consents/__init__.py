"""The texts that people consent to, as they were shown to them."""
