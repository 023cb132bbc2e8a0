"""A helper process that answers one line of JSON with another: `{id, name, args}` with `{id, value}` or `{id, error}`, and says by
itself what happens: `{event}`."""

import json
import queue
import subprocess
import tempfile
import threading
from pathlib import Path

from skein import Failed, check


class Refused(Failed):
    """What the helper says when something did not go."""


class Lines:
    def __init__(self, what: str, *command: str, cwd: Path, patience: float) -> None:
        self.what, self.patience = what, patience
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115: it lives as long as the process
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=cwd
        )
        self.answers: queue.Queue = queue.Queue()
        self.events: list[dict] = []
        self.number = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            said = json.loads(line)
            if "event" in said:
                self.events.append(said["event"])
            else:
                self.answers.put(said)

    def ask(self, name: str, *args: object) -> object:
        self.number += 1
        self.process.stdin.write(json.dumps({"id": self.number, "name": name, "args": args}) + "\n")
        self.process.stdin.flush()
        while True:
            try:
                answer = self.answers.get(timeout=self.patience)
            except queue.Empty:
                raise Failed(f"{self.what}, {name}: no answer; {self.last_words()}") from None
            check(answer["id"] <= self.number, f"an answer to {answer['id']}, which was not asked")
            if answer["id"] == self.number:  # else of one that was given up
                break
        if "error" in answer:
            raise Refused(f"{self.what}, {name}: {answer['error']}")
        return answer["value"]

    def last_words(self) -> str:
        self.log.seek(0)
        return self.log.read()[-1500:]

    def close(self) -> None:
        """It ends when nobody asks any more."""
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
