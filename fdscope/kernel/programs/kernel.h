/* SPDX-License-Identifier: MIT OR GPL-2.0-only
 *
 * What these programs read of the kernel's structures: members only, no layout. libbpf puts in the offsets that the
 * running kernel tells (BTF), so one object fits them all. A member that some kernels lack is asked for with
 * bpf_core_field_exists() first.
 */
#ifndef FDSCOPE_KERNEL_H
#define FDSCOPE_KERNEL_H

#include <stdbool.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* What is used of include/uapi/linux/bpf.h. */
enum bpf_func_id { BPF_FUNC_snprintf = 165, BPF_FUNC_loop = 181 };
enum { BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_TASK_STORAGE = 29 };
enum { BPF_F_NO_PREALLOC = 1, BPF_LOCAL_STORAGE_GET_F_CREATE = 1, BPF_NOEXIST = 1 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct { int counter; } atomic_t;
typedef struct { __s64 counter; } atomic64_t;
typedef struct { atomic_t refs; } refcount_t;
typedef struct { __u32 val; } kuid_t;
typedef struct { __u32 val; } kgid_t;

struct list_head { struct list_head *next; };
struct hlist_bl_node { struct hlist_bl_node *next, **pprev; };
struct rb_node { unsigned long __rb_parent_color; struct rb_node *rb_right, *rb_left; };
struct rb_root { struct rb_node *rb_node; };
struct rb_root_cached { struct rb_root rb_root; };

struct seq_file;
struct bpf_iter_meta { struct seq_file *seq; };

/* namespaces and ids */
struct ns_common { unsigned int inum; };
struct net { struct ns_common ns; };
typedef struct { struct net *net; } possible_net_t;
struct pid_namespace;
struct upid { int nr; struct pid_namespace *ns; };
struct pid { unsigned int level; struct upid numbers[1]; };
enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID };

/* files */
struct file_lock_context { struct list_head flc_flock, flc_posix, flc_lease; };
struct inode_operations { void *getattr; };
struct super_block { __u32 s_dev; unsigned long s_magic; unsigned char s_blocksize_bits; void *s_fs_info; };
struct inode {
    __u16 i_mode;
    kuid_t i_uid;
    kgid_t i_gid;
    const struct inode_operations *i_op;
    struct super_block *i_sb;
    unsigned long i_ino;
    const unsigned int i_nlink;
    __u32 i_rdev;
    __s64 i_size;
    __u64 i_blocks;
    struct file_lock_context *i_flctx;
};
struct ext4_sb_info { unsigned int s_cluster_bits; };
struct ext4_inode_info { unsigned int i_reserved_data_blocks; struct inode vfs_inode; };
struct qstr { const unsigned char *name; };
struct dentry { struct qstr d_name; };
struct uid_gid_map { __u32 nr_extents; };
struct mnt_idmap { struct uid_gid_map uid_map; };
struct user_namespace { int level; };
struct vfsmount { int mnt_flags; struct mnt_idmap *mnt_idmap; };
struct vfsmount___5_12 { struct user_namespace *mnt_userns; }; /* until 6.2 */
struct mount { struct vfsmount mnt; int mnt_id; };
struct path { struct vfsmount *mnt; struct dentry *dentry; };
struct file_operations { void *show_fdinfo; };
struct file {
    const struct file_operations *f_op;
    void *private_data;
    struct inode *f_inode;
    unsigned int f_flags;
    struct path f_path;
    __s64 f_pos;
};
struct fdtable { unsigned long *close_on_exec; struct file **fd; unsigned int max_fds; };
struct files_struct { struct fdtable *fdt; };

/* tasks */
struct mnt_namespace;
struct nsproxy { struct mnt_namespace *mnt_ns; };
struct fs_struct { struct path root; };
struct thread_info { __u32 cpu, status; };
struct rlimit { unsigned long rlim_cur, rlim_max; };
struct signal_struct {
    struct rlimit rlim[16];
    struct pid *pids[4];
    unsigned long nvcsw, nivcsw; /* of threads that have ended */
    unsigned long long sum_sched_runtime;
};
struct cred { kuid_t euid; };
struct sched_info { unsigned long long run_delay; };
struct sched_entity { __u64 sum_exec_runtime; };
struct task_struct {
    struct thread_info thread_info;
    unsigned int __state;
    int exit_state, on_cpu;
    unsigned int flags;
    unsigned int cpu; /* until 5.16, where thread_info has none */
    struct sched_entity se;
    struct sched_info sched_info;
    int pid, tgid;
    struct task_struct *group_leader;
    struct pid *thread_pid;
    unsigned long nvcsw, nivcsw;
    __u64 start_boottime;
    char comm[16];
    struct files_struct *files;
    struct fs_struct *fs;
    struct nsproxy *nsproxy;
    struct signal_struct *signal;
    const struct cred *cred;
};
struct task_struct___5_13 { long state; }; /* until 5.14 */

/* objects behind descriptors */
struct eventfd_ctx { __u64 count; unsigned int flags; int id; };
typedef struct { unsigned long sig[1]; } sigset_t;
struct signalfd_ctx { sigset_t sigmask; };
struct timerqueue_node { __s64 expires; };
struct hrtimer_clock_base { __s64 offset; };
struct hrtimer { struct timerqueue_node node; struct hrtimer_clock_base *base; __u8 state; };
struct timerfd_ctx {
    union { struct hrtimer tmr; } t;
    __s64 tintv;
    __u64 ticks;
    int clockid;
    unsigned short settime_flags;
};
struct epoll_filefd { struct file *file; int fd; } __attribute__((packed));
struct epoll_event_kernel { __u32 events; __u64 data; } __attribute__((packed));
struct epitem { struct rb_node rbn; struct epoll_filefd ffd; struct epoll_event_kernel event; };
struct eventpoll { struct rb_root_cached rbr; };

/* sockets */
struct in6_addr { __u8 bytes[16]; };
struct proto { char name[32]; };
struct sock_common {
    __u32 skc_daddr, skc_rcv_saddr;
    __u16 skc_dport, skc_num;
    unsigned short skc_family;
    volatile unsigned char skc_state;
    int skc_bound_dev_if;
    struct proto *skc_prot;
    possible_net_t skc_net;
    struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};
struct sock {
    struct sock_common __sk_common;
    struct proto *sk_prot_creator;
    refcount_t sk_wmem_alloc;
    struct { atomic_t rmem_alloc; } sk_backlog;
    struct socket *sk_socket;
    __u8 sk_shutdown;
    __u16 sk_type, sk_protocol;
    __u32 sk_ack_backlog, sk_max_ack_backlog;
    kuid_t sk_uid;
};
struct socket { short type; struct sock *sk; };
struct socket_alloc { struct socket socket; struct inode vfs_inode; };
struct tcp_sock { __u32 rcv_nxt, copied_seq, write_seq, snd_una; };
struct sockaddr_un { unsigned short sun_family; };
struct unix_address { int len; struct sockaddr_un name[0]; };
struct scm_stat { atomic_t nr_fds; };
struct unix_sock { struct unix_address *addr; struct sock *peer; struct scm_stat scm_stat; int inq_len; };
struct netlink_sock { __u32 portid, dst_portid; };

/* what the pipe holds */
struct pipe_buffer { unsigned int offset, len; };
struct pipe_inode_info {
    unsigned int head, tail, max_usage, ring_size, readers, writers;
    struct pipe_buffer *bufs;
};

#pragma clang attribute pop

/* The id of a task or process in a pid namespace that is so many levels below the first. */
static __always_inline int number_of(struct pid *pid, unsigned int level) {
    int number = 0;
    bpf_core_read(&number, sizeof(number),
                  (void *)pid + bpf_core_field_offset(struct pid, numbers) + level * bpf_core_type_size(struct upid) +
                      bpf_core_field_offset(struct upid, nr));
    return number;
}

/* The pid namespace of a task at a level. */
static __always_inline struct pid_namespace *namespace_of(struct pid *pid, unsigned int level) {
    struct pid_namespace *found = 0;
    bpf_core_read(&found, sizeof(found),
                  (void *)pid + bpf_core_field_offset(struct pid, numbers) + level * bpf_core_type_size(struct upid) +
                      bpf_core_field_offset(struct upid, ns));
    return found;
}

#endif
