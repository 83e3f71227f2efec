"""A process that submits one job and says so once it was accepted: to be killed on its way."""

from __future__ import annotations

import json
import sys

from crosscurrent.api.jobs.service import Jobs
from crosscurrent.api.jobs.settings import JobSettings

if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    jobs = Jobs(JobSettings.read(told["settings"]))
    job = jobs.submit(told["request"], told["owner"], told["key"])
    print(job.id, flush=True)
    jobs.close()
