// SPDX-License-Identifier: Apache-2.0
// Preloaded into the user-mode kernel that is the peer (tb/linux_peer.py compiles it).
//
// User-mode Linux 6.1 saves the floating-point state of its processes with PTRACE_GETREGSET into 2,696 octets and writes
// these back with PTRACE_SETREGSET. A processor with AMX has 11,008 octets of state, and a host kernel refuses (EFAULT) to
// set less than all: the guest panics at once. Here the missing octets are read from the process itself first.
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PEEKTEXT = 1, PEEKUSER = 3, GETREGSET = 0x4204, SETREGSET = 0x4205, X86_XSTATE = 0x202 };

long ptrace(int request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    long pid = va_arg(arguments, int);
    long address = va_arg(arguments, long);
    long data = va_arg(arguments, long);
    va_end(arguments);

    if (request == SETREGSET && address == X86_XSTATE) {
        static char state[1 << 16];
        const struct iovec *part = (const struct iovec *)data;
        struct iovec whole = {state, sizeof(state)};
        if (syscall(SYS_ptrace, (long)GETREGSET, pid, address, &whole) < 0)
            return -1;
        memcpy(state, part->iov_base, part->iov_len < whole.iov_len ? part->iov_len : whole.iov_len);
        return syscall(SYS_ptrace, (long)request, pid, address, &whole);
    }
    if (request >= PEEKTEXT && request <= PEEKUSER) {
        // the system call stores the word, the library function returns it
        long word;
        long result = syscall(SYS_ptrace, (long)request, pid, address, &word);
        if (result < 0)
            return result;
        errno = 0;
        return word;
    }
    return syscall(SYS_ptrace, (long)request, pid, address, data);
}
