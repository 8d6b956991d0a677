"""One of the demo's applications, as a process of its own: `python -m storekeeper.cli.local.demo`."""

from storekeeper.cli.local.demo.traffic import main

main()
