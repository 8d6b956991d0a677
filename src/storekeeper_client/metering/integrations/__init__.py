"""Object-store libraries that can be metered; each is imported only when it is asked for."""
