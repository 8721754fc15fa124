"""The documentation site: pages made from the code, checks of all pages, and the build."""
