"""The faulty endpoint as a process of its own: `python -m storekeeper.cli.local.demo.outage`."""

from storekeeper.cli.local.demo.outage.process import main

main()
