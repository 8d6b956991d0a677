"""What is kept of metering as in its scenarios, and a server that may be killed."""

import killable
from worlds import keeping

make_world, world = keeping.make_world, keeping.world
server = killable.server
