"""The place of the pipeline: the process that serves, one beside it, or elsewhere. Pure."""

import os
from pathlib import Path

import psutil

AUTO, INSIDE, BESIDE, ELSEWHERE = "AUTO", "INSIDE", "BESIDE", "ELSEWHERE"
"""The values of the setting PIPELINE."""
CORES, MEMORY = 2, 512 * 1024**2
"""Cores and bytes from which on it is given a process of its own."""
CGROUP = Path("/sys/fs/cgroup")


def place(wanted: str, cores: float, memory: float) -> str:
    """The place that is set; AUTO is BESIDE where the machine has room for it, else INSIDE. `memory` in bytes."""
    if wanted != AUTO:
        return wanted
    return BESIDE if cores >= CORES and memory >= MEMORY else INSIDE


def cores() -> float:
    """Cores that this process may use; a container may be given a share (cgroup v2, `cpu.max`)."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _limit("cpu.max").partition(" ")
    return min(there, int(quota) / int(period)) if quota.isdecimal() and period.isdecimal() else there


def memory() -> float:
    """Bytes of the machine, or of the container where that is less (cgroup v2, `memory.max`)."""
    there, most = float(psutil.virtual_memory().total), _limit("memory.max")
    return min(there, int(most)) if most.isdecimal() else there


def _limit(name: str) -> str:
    """A container's limit as the kernel writes it; empty where there is none."""
    try:
        return (CGROUP / name).read_text().strip()
    except OSError:
        return ""
