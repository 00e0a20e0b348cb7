"""Every fault that can be done, by its name, and those that cannot be done on one machine."""

from __future__ import annotations

from faults.network import NETWORK
from faults.processes import PROCESSES
from faults.scene import Fault
from faults.stores import STORES
from faults.surroundings import SURROUNDINGS

FAULTS: dict[str, Fault] = {fault.name: fault for fault in (*PROCESSES, *STORES, *NETWORK, *SURROUNDINGS)}
NOT_HERE = {
    "document-store-cut": "the document store is a directory on one machine; there is no line to it",
}
