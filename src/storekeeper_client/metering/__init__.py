"""Metering: what an application does with its buckets, sent to Storekeeper behind the application's back.

    meter = Meter("https://storekeeper.example.com", token="…")
    meter.instrument_boto3()

From then on every S3 request of every boto3 client is counted. A meter never raises into the program and never
makes it wait: when the server is away it keeps a bounded number of operations and counts what it had to drop.
"""

from .instrumented import Instrumented
from .measuring import Measured
from .meter import Meter
from .operation import Operation
from .owner import owner
from .stats import Stats

__all__ = ["Instrumented", "Measured", "Meter", "Operation", "Stats", "owner"]
