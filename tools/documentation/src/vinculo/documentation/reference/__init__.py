"""Reference pages, made from the code. Each module collects facts and renders a page."""
