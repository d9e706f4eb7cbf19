"""wouldblock, as the proof asks it."""
import json
import os
import subprocess

SETTINGS = """\
[rule own-domain]
title = Mail from our own domains, from outside
warn = Invalid Inbound Sender
reject = Delivery not authorized, message refused
map = {map}
"""


class Program:
    def __init__(self, path, folder, access_map):
        self.path, self.db, self.conf = path, f"{folder}/db", f"{folder}/conf"
        os.makedirs(folder)
        with open(self.conf, "w") as f:
            f.write(SETTINGS.format(map=access_map))

    def run(self, *args, statuses=(0,)):
        done = subprocess.run([self.path, "--db", self.db, "--config", self.conf, *args], capture_output=True,
                              text=True, errors="surrogateescape")
        if done.returncode not in statuses:
            raise RuntimeError(f"{' '.join(args)}: status {done.returncode}: {done.stderr}{done.stdout}")
        return done.stdout

    def list(self, *what):
        return [json.loads(line) for line in self.run("list", *what, "--format", "jsonl").splitlines()]

    def report(self):
        """No decision of the report is an error."""
        return json.loads(self.run("report", "--format", "json", statuses=(0, 1, 2)))
