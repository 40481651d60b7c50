/* SPDX-License-Identifier: MIT OR GPL-2.0-only
 *
 * What the programs share that go through descriptors: what is wanted, and who holds what comes.
 */
#ifndef FDSCOPE_HOLDERS_H
#define FDSCOPE_HOLDERS_H

#include "kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct bpf_iter__task_file { struct bpf_iter_meta *meta; struct task_struct *task; __u32 fd; struct file *file; };
#pragma clang attribute pop

/* What is wanted, set before the program is loaded. */
struct wanted {
    __u64 key[2];     /* drawn anew for each run: no address leaves the kernel */
    __u32 process;    /* pid in the reader's namespace; 0: all */
    __u32 types;      /* bit n: files whose S_IFMT is n << 12; 0: all */
    __u32 user;       /* effective user id of the process, if by_user */
    __u32 by_user;
    __u32 counted;    /* of places.bpf.c: what is equal is counted, so neither fd nor inode is told */
    __u32 reserved;
    __u64 inodes[8];  /* only of objects with one of these inode numbers; the first is 0: all */
};
SEC(".rodata.wanted") const volatile struct wanted wanted = {};

static volatile __u64 plain; /* what has been here is a number to the verifier, no address any more */

/* An address as a number that tells equal from different and nothing else; each step can be undone, so no two
 * addresses become one number. */
static __always_inline __u64 hidden(const void *address) {
    plain = (__u64)address;
    __u64 number = plain;
    if (!number)
        return 0;
    number = (number ^ wanted.key[0]) * (wanted.key[1] | 1);
    number ^= number >> 29;
    number *= 0xbf58476d1ce4e5b9ULL;
    return number ^ (number >> 32);
}

/* A number for what mounts a task sees: by its mount namespace and its root directory. */
static __always_inline __u64 view_of(struct task_struct *task) {
    __u64 number = hidden(BPF_CORE_READ(task, nsproxy, mnt_ns));
    number = number * 31 + hidden(BPF_CORE_READ(task, fs, root.dentry));
    return number * 31 + hidden(BPF_CORE_READ(task, fs, root.mnt));
}

/* A device number as stat(2) tells it (new_encode_dev of include/linux/kdev_t.h). */
static __always_inline __u32 encoded(__u32 device) {
    __u32 major = device >> 20, minor = device & 0xfffff;
    return (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
}

enum { NO_LEADER = 8 }; /* the main thread has ended */

/* Who holds what comes now: found out once for all descriptors of a table. Not static, as clang would take it apart into
 * variables with names that the kernel refuses. */
struct owner {
    __u64 task, table, view;
    __u32 fd;
    int pid, tid;
    __u8 missing;
} owner = {};

static __always_inline void know(struct task_struct *task, __u32 fd) {
    struct task_struct *reader = (void *)bpf_get_current_task();
    unsigned int level = BPF_CORE_READ(reader, thread_pid, level);
    plain = (__u64)task;
    if (owner.task == plain && fd > owner.fd) {
        owner.fd = fd;
        return;
    }
    owner.task = plain;
    owner.fd = fd;
    owner.pid = number_of(BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID]), level);
    owner.tid = number_of(task->thread_pid, level);
    owner.table = hidden(task->files);
    owner.view = view_of(task);
    owner.missing = BPF_CORE_READ(task, group_leader, files) ? 0 : NO_LEADER;
}

/* Whether it is to be told; what is asked of the object comes first, as it costs least. */
static __always_inline bool is_wanted(struct task_struct *task, __u32 fd, struct inode *inode) {
    if (wanted.types && !(wanted.types & (1 << (inode->i_mode >> 12))))
        return false;
    if (wanted.inodes[0]) {
        __u64 number = inode->i_ino;
        bool is_one = false;
        for (int place = 0; place < 8; place++)
            is_one |= number == wanted.inodes[place];
        if (!is_one)
            return false;
    }
    if (wanted.by_user && BPF_CORE_READ(task, cred, euid.val) != wanted.user)
        return false;
    know(task, fd);
    return !wanted.process || (__u32)owner.pid == wanted.process;
}

#endif
