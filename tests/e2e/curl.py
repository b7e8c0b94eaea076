"""curl, once and running on."""

import subprocess

from servers import PATIENCE_S


def curl(*arguments, data=None):
    command = ["curl", "--silent", "--show-error", "--max-time", str(PATIENCE_S), *arguments]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


class Curl:
    """A curl that runs on, read line by line."""

    def __init__(self, *arguments):
        command = ["curl", "--silent", "--show-error", "--no-buffer", "--max-time", str(PATIENCE_S), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def lines(self, count):
        return [self.process.stdout.readline() for _ in range(count)]
