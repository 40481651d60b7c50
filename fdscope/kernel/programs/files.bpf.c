/* SPDX-License-Identifier: MIT OR GPL-2.0-only
 *
 * Every descriptor of every process in the reader's pid namespace, or of one (iter/task_file), as records of the form
 * that kernel/files.py takes apart. Nothing is changed and no file is opened: what open files point to is read.
 *
 * What a record says is what /proc/PID/fd, /proc/PID/fdinfo and stat(2) say; where that takes more than reading
 * members, `missing` tells what is to be read there. Expected to load from Linux 5.13 on: bpf_d_path in iterators came
 * with 5.12 (3d06f34aa896), references to functions (69c087ba6225) and bpf_snprintf (7b15523a989b) with 5.13. bpf_loop
 * (5.17, e6f2dd0f8067) is used where it is there: without it /proc tells of epolls, and nobody of bytes in pipes.
 */
#include "holders.h"
#include "tasks.h"


char LICENSE[] SEC("license") = "Dual MIT/GPL";

enum { NO_LINK = 1, NO_STATUS = 2, NO_LINES = 4 }; /* and NO_LEADER */
enum { MAX_LINK = 4096, MAX_LINES = 16384, MAX_MEMBERS = 512, MAX_TOLD = 128 };

/* What is told of one descriptor; from `flags` on, and with the link, what equal ones have in common. After this come
 * the link, lines of fdinfo, members, and the tail. */
struct record {
    __u32 length;
    __u16 link_length, lines_length, members;
    __u8 missing, tail; /* bits of NO_…; one of TAIL_… */
    __s32 pid, tid, fd;
    __u64 open_file, table, view, position;
    __u32 flags, mount_id;
    __u64 inode;
    __u32 mode, device, nlink, uid, gid, block_size;
    __u64 size, blocks;
    __u32 rdev, magic;
};
struct member { __u64 open_file; __u32 fd, reserved; };

enum { TAIL_NONE, TAIL_SOCKET, TAIL_PIPE };
struct socket_tail {
    __u16 family, type, protocol, local_port, remote_port, name_length;
    __u8 state, shutdown, prot_length, reserved;
    __u32 net_namespace, interface, uid, receive_queue, send_queue, has_peer, reserved2;
    __u64 peer_inode;
    __u8 local[16], remote[16];
    char prot[32], name[128];
};
struct pipe_tail { __u32 bytes, capacity_pages, readers, writers; };

/* One at a time reads from an iterator, so these are nobody else's. */
static struct record record;
static struct socket_tail sock_tail;
static struct pipe_tail pipe_tail;
static struct member members[2 * MAX_MEMBERS]; /* twice, so that any number masked as below lies within */
static char link[MAX_LINK];
static char lines[MAX_LINES + 256];
static __u32 lines_length, member_count;

#define LINE(...) ({                                                                        \
    __u32 at = lines_length;                                                                \
    if (at < MAX_LINES) {                                                                   \
        long added = BPF_SNPRINTF(lines + at, 256, __VA_ARGS__);                            \
        if (added > 0 && added <= 256)                                                      \
            lines_length = at + added - 1;                                                  \
    }                                                                                       \
})
#define CAN_PRINT bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_snprintf)
#define CAN_LOOP bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop)

/* epoll: its registrations in the order of fdinfo, one step of the walk through their tree at a time. */
struct walk { struct rb_node *at, *from; };

static __always_inline void registration(struct rb_node *node) {
    struct epitem *item = (void *)node - bpf_core_field_offset(struct epitem, rbn);
    struct file *file = BPF_CORE_READ(item, ffd.file);
    __u32 number = member_count;
    if (number >= MAX_MEMBERS)
        return;
    __u32 fd = BPF_CORE_READ(item, ffd.fd);
    members[number & (MAX_MEMBERS - 1)].open_file = hidden(file);
    members[number & (MAX_MEMBERS - 1)].fd = fd;
    member_count = number + 1;
    if (number < MAX_TOLD) {
        __u32 events = BPF_CORE_READ(item, event.events);
        __u64 data = BPF_CORE_READ(item, event.data), position = BPF_CORE_READ(file, f_pos);
        struct inode *inode = BPF_CORE_READ(file, f_inode);
        __u64 number_of_inode = BPF_CORE_READ(inode, i_ino);
        __u32 device = BPF_CORE_READ(inode, i_sb, s_dev);
        LINE("tfd: %8d events: %8x data: %16llx  pos:%lli ino:%lx sdev:%x\n", fd, events, data, position,
             number_of_inode, device);
    }
}

static long step(__u32 round, void *context) {
    struct walk *walk = context;
    struct rb_node *at = walk->at, *from = walk->from, *left, *right, *up;
    if (!at || member_count >= MAX_MEMBERS)
        return 1;
    up = (void *)(BPF_CORE_READ(at, __rb_parent_color) & ~3UL);
    left = BPF_CORE_READ(at, rb_left);
    right = BPF_CORE_READ(at, rb_right);
    walk->from = at;
    if (from == up && left) { /* from above: first what is on the left */
        walk->at = left;
        return 0;
    }
    if (from == up || (left && from == left)) {
        registration(at);
        walk->at = right ? right : up;
        return 0;
    }
    walk->at = up;
    return 0;
}

static __always_inline void epoll(struct file *file) {
    struct eventpoll *set = file->private_data;
    struct walk walk = {};
    if (!(CAN_LOOP && CAN_PRINT)) {
        record.missing |= NO_LINES;
        return;
    }
    walk.at = BPF_CORE_READ(set, rbr.rb_root.rb_node);
    bpf_loop(3 * MAX_MEMBERS, step, &walk, 0);
    if (walk.at)
        member_count = 0; /* more than there is room for: which they are is not told */
    if (walk.at || member_count > MAX_TOLD)
        record.missing |= NO_LINES;
}

static __always_inline void eventfd(struct file *file) {
    struct eventfd_ctx *context = file->private_data;
    __u64 count = BPF_CORE_READ(context, count);
    int id = BPF_CORE_READ(context, id), semaphore = BPF_CORE_READ(context, flags) & 1; /* EFD_SEMAPHORE */
    LINE("eventfd-count: %16llx\neventfd-id: %d\neventfd-semaphore: %d\n", count, id, semaphore);
}

static __always_inline void timerfd(struct file *file) {
    struct timerfd_ctx *context = file->private_data;
    int clock = BPF_CORE_READ(context, clockid);
    __u64 ticks = BPF_CORE_READ(context, ticks), interval = BPF_CORE_READ(context, tintv), seconds;
    __s64 left = BPF_CORE_READ(context, t.tmr.node.expires) - (__s64)bpf_ktime_get_ns() -
                 BPF_CORE_READ(context, t.tmr.base, offset);
    if (clock > 7) { /* those that wake the machine are kept in another way */
        record.missing |= NO_LINES;
        return;
    }
    if (left < 0)
        left = 0;
    seconds = (__u64)left / 1000000000ULL;
    __u64 rest = (__u64)left % 1000000000ULL, every = interval / 1000000000ULL, fraction = interval % 1000000000ULL;
    unsigned int flags = BPF_CORE_READ(context, settime_flags); /* two bits, so octal is as decimal */
    LINE("clockid: %d\nticks: %llu\nsettime flags: 0%u\nit_value: (%llu, %llu)\nit_interval: (%llu, %llu)\n", clock,
         ticks, flags, seconds, rest, every, fraction);
}

static __always_inline void signalfd(struct file *file) {
    struct signalfd_ctx *context = file->private_data;
    __u64 mask = ~BPF_CORE_READ(context, sigmask.sig[0]);
    __u32 high = mask >> 32, low = mask;
    LINE("sigmask:\t%08x%08x\n", high, low);
}

/* Whether the link is anon_inode: and a name that begins with these eight characters. */
#define IS(name) (*(__u64 *)(link + 11) == *(const __u64 *)name)

/* What the fdinfo of an anonymous inode has beside the common lines. */
static __always_inline void anonymous(struct file *file) {
    if (!CAN_PRINT)
        record.missing |= NO_LINES;
    else if (IS("[eventfd"))
        eventfd(file);
    else if (IS("[eventpo"))
        epoll(file);
    else if (IS("[timerfd"))
        timerfd(file);
    else if (IS("[signalf"))
        signalfd(file);
    else if (BPF_CORE_READ(file, f_op, show_fdinfo))
        record.missing |= NO_LINES;
}

static __always_inline void internet(struct sock *sk, struct socket_tail *tail) {
    __u8 state = tail->state;
    tail->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
    tail->remote_port = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
    if (tail->family == 2) {
        BPF_CORE_READ_INTO((__u32 *)tail->local, sk, __sk_common.skc_rcv_saddr);
        BPF_CORE_READ_INTO((__u32 *)tail->remote, sk, __sk_common.skc_daddr);
    } else {
        BPF_CORE_READ_INTO((struct in6_addr *)tail->local, sk, __sk_common.skc_v6_rcv_saddr);
        BPF_CORE_READ_INTO((struct in6_addr *)tail->remote, sk, __sk_common.skc_v6_daddr);
    }
    if (tail->protocol == 6 && tail->type == 1 && state != 10) {
        struct tcp_sock *tcp = (void *)sk;
        int unread = BPF_CORE_READ(tcp, rcv_nxt) - BPF_CORE_READ(tcp, copied_seq);
        tail->receive_queue = unread < 0 ? 0 : unread;
        tail->send_queue = BPF_CORE_READ(tcp, write_seq) - BPF_CORE_READ(tcp, snd_una);
    }
}

static __always_inline void local_socket(struct sock *sk, struct socket_tail *tail) {
    struct unix_sock *own = (void *)sk;
    struct sock *peer = BPF_CORE_READ(own, peer);
    struct unix_address *address = BPF_CORE_READ(own, addr);
    if (peer) {
        struct socket *socket = BPF_CORE_READ(peer, sk_socket);
        tail->has_peer = 1;
        if (socket) {
            struct socket_alloc *whole = (void *)socket - bpf_core_field_offset(struct socket_alloc, socket);
            tail->peer_inode = BPF_CORE_READ(whole, vfs_inode.i_ino);
        }
    }
    if (address) {
        __u32 length = (BPF_CORE_READ(address, len) - sizeof(__u16)) & 127; /* after sun_family, at most 108 */
        void *name = (void *)address + bpf_core_field_offset(struct unix_address, name) + sizeof(__u16);
        if (length && !bpf_probe_read_kernel(tail->name, length, name))
            tail->name_length = length;
    }
    if (tail->state != 10)
        tail->receive_queue = bpf_core_field_exists(own->inq_len) ? BPF_CORE_READ(own, inq_len) : ~0U;
    if (bpf_core_field_exists(own->scm_stat) && CAN_PRINT) {
        int in_flight = BPF_CORE_READ(own, scm_stat.nr_fds.counter);
        LINE("scm_fds: %u\n", in_flight);
    } else {
        record.missing |= NO_LINES;
    }
}

static __always_inline void socket(struct file *file) {
    struct socket *socket = file->private_data;
    struct sock *sk = BPF_CORE_READ(socket, sk);
    struct socket_tail *tail = &sock_tail;
    __builtin_memset(tail, 0, sizeof(*tail));
    record.tail = TAIL_SOCKET;
    if (!sk)
        return;
    tail->family = BPF_CORE_READ(sk, __sk_common.skc_family);
    tail->type = BPF_CORE_READ(sk, sk_type);
    tail->protocol = BPF_CORE_READ(sk, sk_protocol);
    tail->state = BPF_CORE_READ(sk, __sk_common.skc_state);
    tail->shutdown = BPF_CORE_READ(sk, sk_shutdown);
    tail->net_namespace = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
    tail->interface = BPF_CORE_READ(sk, __sk_common.skc_bound_dev_if);
    tail->uid = BPF_CORE_READ(sk, sk_uid.val);
    bpf_probe_read_kernel_str(tail->prot, sizeof(tail->prot), BPF_CORE_READ(sk, sk_prot_creator) ? (void *)BPF_CORE_READ(sk, sk_prot_creator) + bpf_core_field_offset(struct proto, name) : 0);
    tail->receive_queue = BPF_CORE_READ(sk, sk_backlog.rmem_alloc.counter);
    tail->send_queue = BPF_CORE_READ(sk, sk_wmem_alloc.refs.counter);
    if (tail->send_queue)
        tail->send_queue -= 1; /* the socket itself */
    if (tail->state == 10) { /* a listener: connections */
        tail->receive_queue = BPF_CORE_READ(sk, sk_ack_backlog);
        tail->send_queue = BPF_CORE_READ(sk, sk_max_ack_backlog);
    }
    if (tail->family == 2 || tail->family == 10)
        internet(sk, tail);
    else if (tail->family == 1)
        local_socket(sk, tail);
    else if (BPF_CORE_READ(file, f_op, show_fdinfo) && tail->family == 16 && bpf_core_type_exists(struct netlink_sock)) {
        struct netlink_sock *own = (void *)sk;
        *(__u32 *)tail->local = BPF_CORE_READ(own, portid);
        *(__u32 *)tail->remote = BPF_CORE_READ(own, dst_portid);
    }
}

/* Bytes that a pipe holds: its buffers one after the other. */
struct ring { struct pipe_buffer *buffers; __u32 tail, mask, used; };

static long add_buffer(__u32 number, void *context) {
    struct ring *ring = context;
    if (number >= ring->used)
        return 1;
    struct pipe_buffer *buffer =
        (void *)ring->buffers + ((ring->tail + number) & ring->mask) * bpf_core_type_size(struct pipe_buffer);
    pipe_tail.bytes += BPF_CORE_READ(buffer, len);
    return 0;
}

static __always_inline void pipe(struct file *file) {
    struct pipe_inode_info *pipe = file->private_data;
    struct ring ring = {};
    if (!pipe || !bpf_core_field_exists(pipe->max_usage) || !CAN_LOOP) /* rings since 5.5 */
        return;
    ring.tail = BPF_CORE_READ(pipe, tail);
    ring.used = BPF_CORE_READ(pipe, head) - ring.tail;
    ring.mask = BPF_CORE_READ(pipe, ring_size) - 1;
    ring.buffers = BPF_CORE_READ(pipe, bufs);
    pipe_tail.bytes = 0;
    pipe_tail.capacity_pages = BPF_CORE_READ(pipe, max_usage);
    pipe_tail.readers = BPF_CORE_READ(pipe, readers);
    pipe_tail.writers = BPF_CORE_READ(pipe, writers);
    if (ring.used)
        bpf_loop(1 << 16, add_buffer, &ring, 0);
    record.tail = TAIL_PIPE;
}

static __always_inline bool is_empty(struct list_head *list) { return BPF_CORE_READ(list, next) == list; }

/* Whether what stat(2) tells is just what the inode holds: its file system adds nothing to it (getattr), or is known
 * to add nothing in this case (ext4_file_getattr, shmem_getattr), and no mount translates its owner. */
static __always_inline bool is_plain(struct file *file, struct inode *inode, __u64 magic) {
    struct vfsmount *mount = file->f_path.mnt;
    if (bpf_core_field_exists(mount->mnt_idmap)) {
        if (BPF_CORE_READ(mount, mnt_idmap, uid_map.nr_extents))
            return false;
    } else {
        struct vfsmount___5_12 *older = (void *)mount;
        if (bpf_core_field_exists(older->mnt_userns) && BPF_CORE_READ(older, mnt_userns, level))
            return false;
    }
    if (magic == 0x01021994 || !BPF_CORE_READ(inode, i_op, getattr)) /* TMPFS_MAGIC */
        return true;
    if (magic == 0xEF53 && bpf_core_type_exists(struct ext4_inode_info) && bpf_core_type_exists(struct ext4_sb_info)) {
        struct ext4_inode_info *whole = (void *)inode - bpf_core_field_offset(struct ext4_inode_info, vfs_inode);
        struct super_block *super = inode->i_sb;
        struct ext4_sb_info *more = BPF_CORE_READ(super, s_fs_info);
        __u64 to_come = BPF_CORE_READ(whole, i_reserved_data_blocks); /* clusters of what is not yet on disk */
        to_come <<= BPF_CORE_READ(more, s_cluster_bits) & 31;
        record.blocks += to_come << ((super->s_blocksize_bits - 9) & 15);
        return record.blocks || !record.size; /* else it may lie within the inode */
    }
    return false;
}

SEC("iter/task_file")
int files(struct bpf_iter__task_file *context) {
    struct task_struct *task = context->task;
    struct file *file = context->file;
    struct seq_file *out = context->meta->seq;
    __u32 fd = context->fd;
    if (!task || !file)
        return 0;
    struct inode *inode = file->f_inode;
    struct super_block *super = inode->i_sb;
    if (!is_wanted(task, fd, inode))
        return 0;
    __u64 magic = super->s_magic;
    record.pid = owner.pid;
    record.tid = owner.tid;
    record.fd = fd;
    record.open_file = hidden(file);
    record.table = owner.table;
    record.view = owner.view;
    record.position = file->f_pos;
    record.inode = inode->i_ino;
    record.size = inode->i_size;
    record.blocks = inode->i_blocks;
    record.mode = inode->i_mode;
    record.nlink = inode->i_nlink;
    record.uid = inode->i_uid.val;
    record.gid = inode->i_gid.val;
    record.device = encoded(super->s_dev);
    record.block_size = 1U << (super->s_blocksize_bits & 31); /* of hugetlbfs what fstat(2) tells: its page */
    record.rdev = encoded(inode->i_rdev);
    record.magic = magic;
    record.missing = owner.missing;
    record.tail = TAIL_NONE;
    record.flags = file->f_flags & ~02000000; /* O_CLOEXEC is kept in the descriptor table */
    unsigned long word = 0, *close_on_exec = BPF_CORE_READ(task, files, fdt, close_on_exec);
    bpf_probe_read_kernel(&word, sizeof(word), close_on_exec + (fd >> 6));
    if ((word >> (fd & 63)) & 1)
        record.flags |= 02000000;
    struct mount *mount = (void *)file->f_path.mnt - bpf_core_field_offset(struct mount, mnt);
    record.mount_id = BPF_CORE_READ(mount, mnt_id);

    long length = bpf_d_path(&file->f_path, link, sizeof(link));
    if (length <= 0 || length > MAX_LINK)
        record.missing |= NO_LINK;
    record.link_length = record.missing & NO_LINK ? 0 : length - 1;
    lines_length = member_count = 0;
    __u32 type = inode->i_mode & 0170000;
    bool is_place = file->f_flags & 010000000; /* O_PATH: of the object nothing is told */
    struct file_lock_context *locks = inode->i_flctx;
    if (link[0] == '/' && !is_plain(file, inode, magic))
        record.missing |= NO_STATUS;
    if (locks && !(is_empty(&locks->flc_flock) && is_empty(&locks->flc_posix) && is_empty(&locks->flc_lease)))
        record.missing |= NO_LINES;
    if (is_place)
        ;
    else if (type == 0140000 && magic == 0x534F434B) /* SOCKFS_MAGIC */
        socket(file);
    else if (type == 0010000)
        pipe(file);
    else if (link[0] != '/' && magic == 0x09041934) /* ANON_INODE_FS_MAGIC */
        anonymous(file);
    else if (BPF_CORE_READ(file, f_op, show_fdinfo))
        record.missing |= NO_LINES;

    __u32 link_bytes = record.link_length, line_bytes = lines_length;
    __u32 member_bytes = (member_count & (2 * MAX_MEMBERS - 1)) * sizeof(members[0]);
    if (link_bytes > MAX_LINK - 1)
        link_bytes = MAX_LINK - 1;
    if (line_bytes > MAX_LINES)
        line_bytes = MAX_LINES;
    __u32 tail_bytes = record.tail == TAIL_SOCKET ? sizeof(sock_tail) : record.tail == TAIL_PIPE ? sizeof(pipe_tail) : 0;
    record.lines_length = line_bytes;
    record.members = member_bytes / sizeof(members[0]);
    record.length = sizeof(record) + link_bytes + line_bytes + member_bytes + tail_bytes;
    bpf_seq_write(out, &record, sizeof(record));
    if (link_bytes)
        bpf_seq_write(out, link, link_bytes);
    if (line_bytes)
        bpf_seq_write(out, lines, line_bytes);
    if (member_bytes)
        bpf_seq_write(out, members, member_bytes);
    if (record.tail == TAIL_SOCKET)
        bpf_seq_write(out, &sock_tail, sizeof(sock_tail));
    else if (record.tail == TAIL_PIPE)
        bpf_seq_write(out, &pipe_tail, sizeof(pipe_tail));
    return 0;
}
