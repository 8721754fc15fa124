"""Screening of uploaded files, in a process of its own with limits on time and memory.

Parsers of images and PDFs are what hostile files attack. `screener` starts the process for the
service; the modules of the process import nothing else of the service.
"""
