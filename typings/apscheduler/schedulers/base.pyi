from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo

from apscheduler.events import SchedulerEvent
from apscheduler.executors.base import BaseExecutor
from apscheduler.job import Job
from apscheduler.triggers.base import BaseTrigger

class BaseScheduler:
    def __init__(
        self,
        *,
        timezone: tzinfo | str = ...,
        job_defaults: Mapping[str, object] = ...,
        executors: Mapping[str, BaseExecutor] = ...,
    ) -> None: ...
    @property
    def running(self) -> bool: ...
    def add_job(
        self,
        func: Callable[..., object],
        trigger: BaseTrigger | None = ...,
        args: Sequence[object] | None = ...,
        kwargs: Mapping[str, object] | None = ...,
        id: str | None = ...,
        name: str | None = ...,
        misfire_grace_time: int | None = ...,
        coalesce: bool = ...,
        max_instances: int = ...,
        next_run_time: datetime | None = ...,
        jobstore: str = ...,
        executor: str = ...,
        replace_existing: bool = ...,
    ) -> Job: ...
    def add_listener(self, callback: Callable[[SchedulerEvent], None], mask: int = ...) -> None: ...
    def get_job(self, job_id: str) -> Job | None: ...
    def get_jobs(self) -> list[Job]: ...
    def pause(self) -> None: ...
    def remove_job(self, job_id: str) -> None: ...
    def resume(self) -> None: ...
    def shutdown(self, wait: bool = ...) -> None: ...
    def start(self, paused: bool = ...) -> None: ...
    def wakeup(self) -> None: ...
