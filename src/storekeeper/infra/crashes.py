"""A crash ends the process, and says where every thread was."""

import faulthandler
import signal

SIGNALS = ("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT")


def end_the_process() -> None:
    """So that whoever watches over it starts it again. To be called in the main thread, once the engine runs.

    The embedded engine catches these signals and then waits forever, with every request (seen with chDB 4).
    """
    for name in SIGNALS:
        if number := getattr(signal, name, None):
            signal.signal(number, signal.SIG_DFL)
    faulthandler.enable()
