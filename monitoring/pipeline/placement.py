"""Decides in which process the pipeline runs: the web process, a child of it, or one started elsewhere. Pure."""

import os
from pathlib import Path

import psutil

AUTO, INSIDE, BESIDE, ELSEWHERE = "AUTO", "INSIDE", "BESIDE", "ELSEWHERE"
"""The values of the setting PIPELINE."""
MIN_CORES, MIN_MEMORY_BYTES = 2, 512 * 1024**2
"""With fewer cores or less memory AUTO starts no process for the pipeline."""
CGROUP = Path("/sys/fs/cgroup")


def place(wanted: str, cores: float, memory: float) -> str:
    """Returns `wanted`, and for AUTO either BESIDE, if the machine is large enough, or INSIDE. `memory` in bytes."""
    if wanted != AUTO:
        return wanted
    return BESIDE if cores >= MIN_CORES and memory >= MIN_MEMORY_BYTES else INSIDE


def cores() -> float:
    """Cores that this process may use: its CPU affinity, or the container's quota if lower (cgroup v2, `cpu.max`)."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _cgroup_limit("cpu.max").partition(" ")
    return min(available, int(quota) / int(period)) if quota.isdecimal() and period.isdecimal() else available


def memory() -> float:
    """Bytes of the machine's memory, or the container's limit if lower (cgroup v2, `memory.max`)."""
    total, limit = float(psutil.virtual_memory().total), _cgroup_limit("memory.max")
    return min(total, int(limit)) if limit.isdecimal() else total


def _cgroup_limit(name: str) -> str:
    """The content of a cgroup file, empty if there is none."""
    try:
        return (CGROUP / name).read_text().strip()
    except OSError:
        return ""
