"""One order of things for flows and command line: a step is a Prefect task inside a flow run, a plain call elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def step(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function a step. Prefect is never imported here: without a flow run there is nothing to report to.

    name         as the run shows in Prefect's UI
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            if not _in_flow_run():
                return function(*args, **kwargs)
            from prefect import task
            from prefect.cache_policies import NO_CACHE

            def work() -> R:  # without parameters: Prefect would look for futures in each page of a batch
                return function(*args, **kwargs)

            as_task: Callable[[], R] = task(name=name, cache_policy=NO_CACHE, persist_result=False)(work)
            return as_task()

        return call

    return decorate


def _in_flow_run() -> bool:
    if "prefect.context" not in sys.modules:
        return False
    from prefect.context import FlowRunContext

    return FlowRunContext.get() is not None
