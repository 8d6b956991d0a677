"""Trying what a bucket is there for, with objects of our own below a reserved prefix. This is the room's door."""

from .ahead import RoundSigner, SignedRequest, SignedRound, open_replayer
from .model import Network, Plan, Probed, ProbeOperation, Round
from .names import PREFIX, RESERVED_PREFIX, ProbeName, new_name, parse_name
from .prober import Prober, open_prober
from .rules import diagnose, problem, verdict

__all__ = [
    "PREFIX",
    "RESERVED_PREFIX",
    "Network",
    "Plan",
    "ProbeName",
    "ProbeOperation",
    "Probed",
    "Prober",
    "Round",
    "RoundSigner",
    "SignedRequest",
    "SignedRound",
    "diagnose",
    "new_name",
    "open_prober",
    "open_replayer",
    "parse_name",
    "problem",
    "verdict",
]
