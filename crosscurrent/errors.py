"""Every error of Crosscurrent, drawn whole; those that its functions raise are exported here.

Each hangs below its first base; "also" names a second one, for whoever catches that.

Exception
├── InputError              something given cannot be used (exit code 2, or a 4xx status)
│   ├── BrokenFiles         also ValueError: files that cannot be used, every problem
│   │   ├── BrokenKnowledge     knowledge files that cannot be loaded
│   │   └── BrokenDeployment    a deployment file that cannot be assessed
│   ├── TooCostly           a question that takes more than the budget it was given
│   ├── UnknownName         also LookupError: a name that no record has, with close matches
│   ├── ScenarioError       also ValueError: assumptions that contradict each other
│   ├── MissingExtra        also ImportError: an extra is needed that is not installed
│   ├── Unreachable         the machines that should run trials cannot be used
│   ├── SettingsError       also ValueError: settings with which the service cannot start
│   ├── DamagedResults      the file of results is none, or parts of it cannot be read
│   ├── Refused             a request to measure that cannot be measured
│   ├── DifferentPayload    an idempotency key again, with another request
│   ├── BeingAccepted       an idempotency key again, while the first request is being checked
│   ├── NoSuchPage          a page token that is none of ours
│   └── TooManyJobs         the owner has as many unfinished jobs as one may have
├── NotEnded                the job has not ended, so it cannot be deleted
├── NotFinished             the job has no result (yet)
├── NotMeasurable           a factor cannot be measured on this target model
├── Unlike                  another machine would measure something else under the same name
├── Failed                  what went wrong on another machine, in words
├── RefusedHere             a worker refuses what the server accepted
├── RequestAtFault          training raised an exception for which the request is to blame
├── TrainingEnded           the process that trains ended too often
├── TimeLimit               a job has taken all the time that one may take
└── ProblemError            an error of the service, with its problem document
LookupError
└── NoSuchJob               there is no such job, or it is another owner's
OSError
└── Unavailable             the database or the checks of jobs cannot be used now
ChildProcessError
└── Lost                    whatever ran a task ended before it was finished, again and again
"""

from .knowledge.errors import (
    BrokenDeployment,
    BrokenFiles,
    BrokenKnowledge,
    InputError,
    MissingExtra,
    UnknownName,
)
from .predictor.scenarios import ScenarioError

__all__ = [
    "BrokenDeployment",
    "BrokenFiles",
    "BrokenKnowledge",
    "InputError",
    "MissingExtra",
    "ScenarioError",
    "UnknownName",
]
