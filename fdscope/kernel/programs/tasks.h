/* SPDX-License-Identifier: MIT OR GPL-2.0-only
 *
 * Every thread in the reader's pid namespace (iter/task, Linux 5.8), with its counters; and of each process the sums
 * of its threads that have ended, which the kernel keeps in signal_struct and tells nowhere else.
 */
#ifndef FDSCOPE_TASKS_H
#define FDSCOPE_TASKS_H

#include "kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct bpf_iter__task { struct bpf_iter_meta *meta; struct task_struct *task; };
#pragma clang attribute pop

struct task_record {
    __s32 pid, tid;
    __u32 state, flags, cpu, uid;
    __u64 voluntary, involuntary, cpu_ns, queue_ns, started_ns;
    __u64 ended_voluntary, ended_involuntary, ended_cpu_ns;
    __u64 soft_limit, hard_limit; /* RLIMIT_NOFILE */
    char name[16];
};
static struct task_record task_record;

SEC("iter/task")
int tasks(struct bpf_iter__task *context) {
    struct task_struct *task = context->task, *reader = (void *)bpf_get_current_task();
    struct task_record *record = &task_record;
    if (!task)
        return 0;
    unsigned int level = BPF_CORE_READ(reader, thread_pid, level);
    struct task_struct___5_13 *older = (void *)task;
    record->pid = number_of(BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID]), level);
    record->tid = number_of(task->thread_pid, level);
    record->state = bpf_core_field_exists(task->__state) ? task->__state : (__u32)BPF_CORE_READ(older, state);
    record->state |= task->exit_state;
    record->flags = task->flags;
    if (bpf_core_field_exists(task->thread_info.cpu))
        record->cpu = BPF_CORE_READ(task, thread_info.cpu);
    else
        record->cpu = BPF_CORE_READ(task, cpu);
    record->voluntary = task->nvcsw;
    record->involuntary = task->nivcsw;
    record->cpu_ns = task->se.sum_exec_runtime;
    record->queue_ns = bpf_core_field_exists(task->sched_info.run_delay) ? task->sched_info.run_delay : 0;
    record->started_ns = task->start_boottime;
    record->ended_voluntary = BPF_CORE_READ(task, signal, nvcsw);
    record->ended_involuntary = BPF_CORE_READ(task, signal, nivcsw);
    record->ended_cpu_ns = BPF_CORE_READ(task, signal, sum_sched_runtime);
    record->uid = BPF_CORE_READ(task, cred, euid.val);
    record->soft_limit = BPF_CORE_READ(task, signal, rlim[7].rlim_cur);
    record->hard_limit = BPF_CORE_READ(task, signal, rlim[7].rlim_max);
    bpf_probe_read_kernel(record->name, sizeof(record->name), task->comm);
    bpf_seq_write(context->meta->seq, record, sizeof(*record));
    return 0;
}

#endif
