"""Python programs with a crash handler of their own: argv[1] says how they end."""
import ctypes
import faulthandler
import os
import signal
import sys
import threading

sys.stdout.reconfigure(line_buffering=True)


def dies():
    print(f"dies {os.getpid()} {threading.get_native_id()}")


def fault():
    dies()
    ctypes.string_at(0x1230)


def abort():
    dies()
    os.abort()


def fault_on_thread():
    thread = threading.Thread(target=fault)
    thread.start()
    thread.join()


def fault_in_child():
    child = os.fork()
    if child == 0:
        fault()
    print("child ended with", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def sent():
    dies()
    os.kill(os.getpid(), signal.SIGSEGV)


def own_handler():
    signal.signal(signal.SIGUSR1, lambda number, frame: print("handled", number))
    os.kill(os.getpid(), signal.SIGUSR1)
    faulthandler.register(signal.SIGUSR2)
    os.kill(os.getpid(), signal.SIGUSR2)


{
    "fault": fault,
    "abort": abort,
    "fault-on-thread": fault_on_thread,
    "fault-in-child": fault_in_child,
    "sent": sent,
    "own-handler": own_handler,
}[sys.argv[1]]()
