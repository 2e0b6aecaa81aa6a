/*
 * The part of the engine that the preload library (packages/posix-spawn) may use. The library is
 * compiled with this folder as its only way to the engine's own headers, so what is not included
 * here is out of its reach.
 *
 *   chain.h   struct chain and its parts. The library builds its chains itself, because their steps
 *             stand in the order of the program's file actions.
 *   kernel.h  system calls that leave errno alone, and the kernel's view of signals
 *   outcome.h outcome_reset
 *   uring.h   uring_open_hidden, uring_run, uring_close, uring_length, uring_probe
 *   vfork.h   vfork_run, vfork_probe, vfork_probe_memory, probe_is_final, signals_block,
 *             signals_restore
 *
 * None of these functions calls malloc or takes a lock: the library runs in signal handlers and in
 * forked children of programs that know nothing of it.
 */
#ifndef RS_POSIX_HOOKS_H
#define RS_POSIX_HOOKS_H

#include "../chain.h"
#include "../kernel.h"
#include "../outcome.h"
#include "../uring.h"
#include "../vfork.h"

#endif
