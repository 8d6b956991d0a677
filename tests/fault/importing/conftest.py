"""Servers that may be killed."""

import killable

server, lasting_server = killable.server, killable.lasting_server
