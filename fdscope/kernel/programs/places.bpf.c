/* SPDX-License-Identifier: MIT OR GPL-2.0-only
 *
 * Every descriptor of every process in the reader's pid namespace (iter/task_file), told by no more than its kind is
 * known by and, unless they are only to be counted, its number and inode. It reads few structures, so it is loaded in
 * half the time of files.bpf.c. Expected to load from Linux 5.12 on (bpf_d_path in iterators, 3d06f34aa896).
 */
#include "holders.h"
#include "tasks.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

enum { MNT_INTERNAL = 0x4000 }; /* of include/linux/mount.h: memfds, sockets, anonymous inodes */

/* Whose it is, which one, and from `mode` on what it looks like: equal ones are counted by the reader. */
struct place {
    __s32 pid, tid;
    __u64 table, view;
    __u32 missing, mount_id;
    __s32 fd;
    __u32 reserved;
    __u64 inode;
    __u32 mode, rdev, magic, reserved2;
    __u16 family, type, protocol, reserved3;
    char begin[32]; /* of the link: all that is no number of an object */
};
static struct place place;
static char link[4096];

static __always_inline void look(struct file *file, struct inode *inode) {
    __u32 type = inode->i_mode & 0170000, magic = inode->i_sb->s_magic;
    bool in_brackets = false;
    place.mode = type;
    place.magic = magic;
    if (type == 0020000 || type == 0060000)
        place.rdev = encoded(inode->i_rdev);
    if (type == 0140000 && magic == 0x534F434B) { /* SOCKFS_MAGIC */
        struct socket *socket = file->private_data;
        struct sock *sk = BPF_CORE_READ(socket, sk);
        place.family = BPF_CORE_READ(sk, __sk_common.skc_family);
        place.type = BPF_CORE_READ(sk, sk_type);
        place.protocol = BPF_CORE_READ(sk, sk_protocol);
        *(__u64 *)place.begin = *(const __u64 *)"socket:[";
    } else if (type == 0010000 && magic == 0x50495045) { /* PIPEFS_MAGIC */
        *(__u64 *)place.begin = *(const __u64 *)"pipe:[\0";
    } else if (!(file->f_path.mnt->mnt_flags & MNT_INTERNAL)) {
        place.begin[0] = '/'; /* what can be reached has a path */
    } else if (bpf_d_path(&file->f_path, link, sizeof(link)) > 0) {
        bool is_path = link[0] == '/', is_anonymous = link[0] == 'a';
        for (int number = 0; number < 31; number++) {
            char letter = link[number];
            if (!letter || in_brackets)
                break;
            place.begin[number] = letter;
            if ((letter == '[' && !is_anonymous) || (letter == ':' && is_path))
                in_brackets = true;
        }
    }
}

SEC("iter/task_file")
int places(struct bpf_iter__task_file *context) {
    struct task_struct *task = context->task;
    struct file *file = context->file;
    __u32 fd = context->fd;
    if (!task || !file)
        return 0;
    struct inode *inode = file->f_inode;
    if (!is_wanted(task, fd, inode))
        return 0;
    __builtin_memset(&place, 0, sizeof(place));
    place.pid = owner.pid;
    place.tid = owner.tid;
    place.table = owner.table;
    place.view = owner.view;
    place.missing = owner.missing;
    struct mount *mount = (void *)file->f_path.mnt - bpf_core_field_offset(struct mount, mnt);
    place.mount_id = BPF_CORE_READ(mount, mnt_id);
    if (!wanted.counted) {
        place.fd = fd;
        place.inode = inode->i_ino;
    }
    look(file, inode);
    bpf_seq_write(context->meta->seq, &place, sizeof(place));
    return 0;
}
