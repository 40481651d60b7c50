/* SPDX-License-Identifier: MIT OR GPL-2.0-only
 *
 * Counts every context switch of the processes that are watched, by thread, system call, first arguments and whether it
 * was voluntary, and adds up the time until the thread runs again (tp_btf/sched_switch). Reads registers, and of
 * poll(2) on one descriptor the number of that; changes nothing. Expected to load from Linux 5.15 on: atomic exchange
 * came with 5.12 (5ffa25502b5a), task storage for tracing with 5.13 (a10787e6d58c), bpf_task_pt_regs with 5.15
 * (dd6e10fbd9fb). What state a thread leaves its CPU in the tracepoint tells since 5.18 (fa2c3254d7cf).
 */
#include "kernel.h"
#include "tasks.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
#if defined(__TARGET_ARCH_x86)
struct pt_regs { unsigned long bx, cx, si, di, orig_ax; };
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs { __u64 regs[31]; };
struct pt_regs { struct user_pt_regs user_regs; __s32 syscallno; };
#endif
#pragma clang attribute pop

char LICENSE[] SEC("license") = "Dual MIT/GPL";
extern int LINUX_KERNEL_VERSION __kconfig;

enum { MOST_WAYS = 1 << 16, MOST_TARGETS = 1 << 14 };
enum { TASK_DEAD = 0x80, PF_KTHREAD = 0x00200000, CALLS = 1024, OF_32_BITS = 1 << 16 };
enum { FIRST = 1, BOTH = 2, POLLED = 3 };

/* Set before the program is loaded: by number of a 64-bit system call, which of its arguments tell waits apart. */
struct wanted {
    __u32 everyone; /* else those in `targets` */
    __u32 reserved;
    __u8 arguments[CALLS];
};
SEC(".rodata.wanted") const volatile struct wanted wanted = {};

struct way { __s32 tid, pid; __s32 call; __u32 voluntary; __u64 first, second; };
struct total { __u64 switches, off_ns; };

/* What a thread left its CPU for last, since when it is off, and what is not yet in the totals. */
struct last { struct way way; __u64 since_ns, switches, off_ns; };

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, MOST_WAYS);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct way);
    __type(value, struct total);
} totals SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, MOST_TARGETS);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, __s32);
    __type(value, __u32);
} targets SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, struct last);
} lasts SEC(".maps");

static struct pid_namespace *home; /* whose numbers are told: that of the reader */
static __u32 home_level;
static __u64 not_counted; /* switches for which the maps had no room */

/* The pid of a task in the reader's namespace; 0: it has none, or is not watched. */
static __always_inline int watched(struct task_struct *task) {
    int pid = task->tgid;
    if (!task->pid)
        return 0; /* the idle task */
    if (home_level) {
        struct pid *own = task->thread_pid;
        if (!own || own->level < home_level || namespace_of(own, home_level) != home)
            return 0;
        pid = number_of(BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID]), home_level);
    }
    return wanted.everyone || bpf_map_lookup_elem(&targets, &pid) ? pid : 0;
}

/* What a thread is in, by its registers; `is_current`: its memory can be read, as it is on this CPU still. */
static __always_inline void tell_call(struct task_struct *task, struct way *way, bool is_current) {
    if (task->flags & PF_KTHREAD)
        return;
    struct pt_regs *registers = (void *)bpf_task_pt_regs((void *)task);
    __u64 first, second;
    int call;
#if defined(__TARGET_ARCH_x86)
    call = (int)registers->orig_ax;
    if (BPF_CORE_READ(task, thread_info.status) & 2) { /* TS_COMPAT */
        way->call = call < 0 ? -1 : (call | OF_32_BITS);
        return;
    }
    first = registers->di;
    second = registers->si;
#elif defined(__TARGET_ARCH_arm64)
    call = registers->syscallno;
    first = BPF_CORE_READ(registers, user_regs.regs[0]);
    second = BPF_CORE_READ(registers, user_regs.regs[1]);
#endif
    way->call = call < 0 ? -1 : call;
    if (call < 0 || call >= CALLS)
        return;
    __u8 arguments = wanted.arguments[call & (CALLS - 1)];
    if (arguments == POLLED) {
        int fd = -1;
        way->second = second & 0xffffffff;
        if (way->second == 1 && is_current)
            bpf_probe_read_user(&fd, sizeof(fd), (void *)first);
        way->first = (__u32)fd;
        return;
    }
    if (arguments)
        way->first = first;
    if (arguments == BOTH)
        way->second = second & 0xffffffff;
}

/* Adds to the totals what a thread has done in its last way. Who reads does this for all threads, and each thread for
 * itself before it takes another way, or ends: so that a switch like the one before costs no look into the map. */
static __always_inline void settle(struct last *last) {
    struct way way = last->way;
    struct total *total, nothing = {};
    __u64 switches = __sync_lock_test_and_set(&last->switches, 0);
    __u64 off_ns = __sync_lock_test_and_set(&last->off_ns, 0);
    if (!switches && !off_ns)
        return;
    total = bpf_map_lookup_elem(&totals, &way);
    if (!total) {
        bpf_map_update_elem(&totals, &way, &nothing, BPF_NOEXIST);
        total = bpf_map_lookup_elem(&totals, &way);
    }
    if (total) {
        __sync_fetch_and_add(&total->switches, switches);
        __sync_fetch_and_add(&total->off_ns, off_ns);
    } else {
        __sync_fetch_and_add(&not_counted, switches);
    }
}

static __always_inline bool is_same(const struct way *one, const struct way *other) {
    return one->call == other->call && one->first == other->first && one->second == other->second &&
           one->voluntary == other->voluntary;
}

static __always_inline void leaves(struct task_struct *task, __u32 state, bool voluntary, __u64 now) {
    struct last *last = bpf_task_storage_get(&lasts, (void *)task, 0, 0);
    struct way way = {.voluntary = voluntary, .call = -1};
    if (last) { /* who has one is watched */
        way.pid = last->way.pid;
        way.tid = last->way.tid;
    } else {
        way.pid = watched(task);
        if (!way.pid)
            return;
        way.tid = home_level ? number_of(task->thread_pid, home_level) : task->pid;
        last = bpf_task_storage_get(&lasts, (void *)task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
        if (!last) {
            __sync_fetch_and_add(&not_counted, 1);
            return;
        }
        last->way = way;
    }
    if (voluntary)
        tell_call(task, &way, true);
    if (!is_same(&way, &last->way)) {
        settle(last);
        last->way = way;
    }
    __sync_fetch_and_add(&last->switches, 1);
    last->since_ns = now;
    if (state & TASK_DEAD)
        settle(last);
}

SEC("tp_btf/sched_switch")
int switched(__u64 *context) {
    struct task_struct *prev = (void *)context[1], *next = (void *)context[2];
    struct task_struct___5_13 *older = (void *)prev;
    struct last *last;
    __u64 now = bpf_ktime_get_ns(), since;
    bool preempted = context[0];
    __u32 state;
    if (LINUX_KERNEL_VERSION >= 0x051200) /* 5.18: told, as it may have changed by now */
        state = context[3];
    else
        state = bpf_core_field_exists(prev->__state) ? prev->__state : (__u32)BPF_CORE_READ(older, state);
    leaves(prev, state, !preempted && state, now);
    last = bpf_task_storage_get(&lasts, (void *)next, 0, 0);
    if (last && (since = __sync_lock_test_and_set(&last->since_ns, 0)) && now > since)
        __sync_fetch_and_add(&last->off_ns, now - since);
    return 0;
}

/* Run by the reader before the totals are read: adds what threads that are still off their CPU have waited until now,
 * and begins with those that were so before the program was attached. At the end it writes what was not counted. */
SEC("iter/task")
int until_now(struct bpf_iter__task *context) {
    struct task_struct *task = context->task, *reader = (void *)bpf_get_current_task();
    __u64 now = bpf_ktime_get_ns(), since;
    if (!task) {
        bpf_seq_write(context->meta->seq, &not_counted, sizeof(not_counted));
        return 0;
    }
    home_level = BPF_CORE_READ(reader, thread_pid, level);
    home = namespace_of(BPF_CORE_READ(reader, thread_pid), home_level);
    int pid = watched(task);
    if (!pid)
        return 0;
    struct last *last = bpf_task_storage_get(&lasts, (void *)task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
    if (!last)
        return 0;
    if (!last->way.tid) {
        struct way way = {.pid = pid, .voluntary = task->__state != 0, .call = -1};
        way.tid = number_of(task->thread_pid, home_level);
        if (way.voluntary && !task->on_cpu)
            tell_call(task, &way, false);
        last->way = way;
        if (!task->on_cpu) /* off its CPU since before: that begins to count now */
            last->since_ns = now;
        return 0;
    }
    since = last->since_ns;
    if (since && now > since && __sync_val_compare_and_swap(&last->since_ns, since, now) == since)
        __sync_fetch_and_add(&last->off_ns, now - since);
    settle(last);
    return 0;
}
