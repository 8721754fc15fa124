"""Generated people, random list requests, and reference results, for tests and benchmarks."""
