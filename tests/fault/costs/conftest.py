"""A server that may be killed."""

import killable

server = killable.server
