"""The one kind of error that a user can cause; the command line prints it as a sentence and exits with 2."""


class ReportError(Exception):
    """A problem with the input, the output file or the installation, as one sentence that says what would be right."""
