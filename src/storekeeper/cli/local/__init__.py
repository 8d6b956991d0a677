"""The commands that run on the server's own code and data. Reached only through `storekeeper.cli.server.local`."""
