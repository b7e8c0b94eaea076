"""A kernel that refuses what a container may not do: a seccomp filter for a child process and all that it starts."""

import ctypes
import errno
import platform
import struct

# Of unshare, setrlimit and prlimit64.
ARCHITECTURE = {"x86_64": (272, 160, 302), "aarch64": (97, 164, 261)}.get(platform.machine())

PIDFD_OPEN, EPOLL_PWAIT2 = 434, 441                        # on every architecture
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06                     # linux/bpf_common.h: a word of the data, jump if equal, return
ALLOW, ERROR = 0x7FFF0000, 0x00050000                      # linux/seccomp.h
REFUSE = ERROR | errno.EPERM
NUMBER, NEW_LIMIT = 0, 16 + 2 * 8                          # struct seccomp_data: the call's number, its third argument


def program():
    """No table of one's own and no other limit; reading a limit is setting none (prlimit64 with a null pointer)."""
    unshare, setrlimit, prlimit = ARCHITECTURE
    return [(LOAD, 0, 0, NUMBER), (EQUAL, 7, 0, unshare), (EQUAL, 6, 0, setrlimit), (EQUAL, 0, 4, prlimit),
            (LOAD, 0, 0, NEW_LIMIT), (EQUAL, 0, 3, 0), (LOAD, 0, 0, NEW_LIMIT + 4), (EQUAL, 0, 1, 0),
            (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]


def refuse_more_descriptors():
    """For the child between fork and exec: raising RLIMIT_NOFILE and unshare() fail with EPERM from now on."""
    install(program())


def refuse_watching_processes():
    """The same of pidfd_open()."""
    install(without(PIDFD_OPEN, errno.EPERM))


def refuse_exact_waits(error):
    """For preexec_fn: epoll_pwait2() fails with `error`; with ENOSYS as before Linux 5.11 and in sandboxes that do not know it."""
    return lambda: install(without(EPOLL_PWAIT2, error))


def without(call, error):
    return [(LOAD, 0, 0, NUMBER), (EQUAL, 0, 1, call), (RETURN, 0, 0, ERROR | error), (RETURN, 0, 0, ALLOW)]


def install(filter_program):
    instructions = b"".join(struct.pack("HBBI", *instruction) for instruction in filter_program)
    code = ctypes.create_string_buffer(instructions, len(instructions))
    filters = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(instructions) // 8, ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    for call in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filters, 0, 0)):
        if libc.prctl(*call) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
