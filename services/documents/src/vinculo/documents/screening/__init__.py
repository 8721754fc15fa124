"""Whether a file is fit to be kept, judged by its content.

Runs as `python -m vinculo.documents.screening MEDIA_TYPE` in a process of its own with limits,
because parsers of images and PDFs are where hostile files do their work.
"""
