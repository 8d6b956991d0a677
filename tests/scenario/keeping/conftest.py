"""What is kept of metering; days pass by hand."""

from worlds import keeping

make_world, world = keeping.make_world, keeping.world
