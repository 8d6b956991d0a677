"""The calls of the API for jobs and their runs."""

from storekeeper_client import model
from storekeeper_client.model import Page

from .caller import Caller, at


class JobCalls(Caller):
    """The calls, for `Client`."""

    def jobs(self) -> list[model.Job]:
        return self._all("/api/metrics/jobs", Page[model.Job])

    def run_job(self, name: str) -> str:
        """The id of the run."""
        return self.call("POST", at("/api/metrics/jobs", name, "run"), model.Started).run_id

    def runs(self, *, job: str = "", status: str = "") -> list[model.Run]:
        return self.call("GET", "/api/jobs", Page[model.Run], job=job, status=status).items

    def run(self, run_id: str) -> model.Run:
        return self.call("GET", at("/api/jobs", run_id), model.Run)

    def cancel_run(self, run_id: str) -> model.Run:
        return self.call("POST", at("/api/jobs", run_id, "cancel"), model.Run)

    def retry_run(self, run_id: str) -> model.Run:
        return self.call("POST", at("/api/jobs", run_id, "retry"), model.Run)

    def purge_dead_runs(self) -> int:
        """How many were forgotten."""
        return self.call("DELETE", "/api/jobs/dead", dict[str, int])["purged"]
