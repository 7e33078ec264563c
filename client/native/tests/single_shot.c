/*
 * Stands where `crash-handler` does: answers one notice and writes down, in the file SINGLE_SHOT of the database's directory, what it was given.
 * With a file SILENT there it answers nothing and waits to be killed.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../../protocol/crash_handler_protocol.h"

#define PATH_BYTES 4096

static void say(int fd, uint16_t type, const void *payload, uint32_t length)
{
    struct ch_frame_header header = { CH_FRAME_MAGIC, CH_PROTOCOL_VERSION, type, length, 0 };
    struct iovec parts[2] = { { &header, sizeof header }, { (void *)payload, length } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
    sendmsg(fd, &message, MSG_NOSIGNAL);
}

static void list_descriptors(FILE *file)
{
    DIR *directory = opendir("/proc/self/fd");
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(directory) && atoi(entry->d_name) != fileno(file)) {
            fprintf(file, "fd %s\n", entry->d_name);
        }
    }
    closedir(directory);
}

static const char *value_of(int count, char **arguments, const char *name)
{
    for (int i = 2; i + 1 < count; i += 2) {
        if (strcmp(arguments[i], name) == 0) {
            return arguments[i + 1];
        }
    }
    return NULL;
}

static int count_ignored(void)
{
    int ignored = 0;
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        ignored += sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
    }
    return ignored;
}

int main(int count, char **arguments)
{
    struct {
        struct ch_frame_header header;
        struct ch_crash_notice notice;
    } packet;
    char path[PATH_BYTES];
    sigset_t blocked;
    const char *socket = value_of(count, arguments, "--notice-fd");
    if (socket == NULL || count < 2 || strcmp(arguments[1], "capture") != 0) {
        return 2;
    }
    snprintf(path, sizeof path, "%s/SILENT", value_of(count, arguments, "--database"));
    int flags = fcntl(atoi(socket), F_GETFL);
    fcntl(atoi(socket), F_SETFL, flags & ~O_NONBLOCK);
    ssize_t bytes = recv(atoi(socket), &packet, sizeof packet, 0);
    if (access(path, F_OK) == 0) {
        pause();
    }
    snprintf(path, sizeof path, "%s/SINGLE_SHOT", value_of(count, arguments, "--database"));
    FILE *file = fopen(path, "we");
    for (int i = 1; i < count; i++) {
        fprintf(file, "argument %s\n", arguments[i]);
    }
    for (char **variable = environ; *variable != NULL; variable++) {
        fprintf(file, "variable %s\n", *variable);
    }
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    fprintf(file, "bytes %zd\nparent %d\nnotice %d\nsignal %d\nignored %d\nblocked %d\n", bytes, (int)getppid(), packet.notice.pid,
            packet.notice.signal, count_ignored(), !sigisemptyset(&blocked));
    list_descriptors(file);
    fclose(file);
    say(atoi(socket), CH_FRAME_TAKEN, NULL, 0);
    say(atoi(socket), CH_FRAME_RELEASE, &(uint32_t) { 0 }, sizeof(uint32_t));
    return 0;
}
