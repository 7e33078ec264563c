/* A process that connects to a handler for another one, which has the use of the connections: to the handler they are this process's.
 * Arguments: the handler's socket, the borrower's. A packet 'c' asks for a connection, which comes with the answer; a packet 'n' and a frame, with a
 * descriptor, has this process send the frame there. Ends with the borrower. */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int reach(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

int main(int argc, char **argv)
{
    static char bytes[1 << 17];
    int borrower = argc == 3 ? reach(argv[2]) : -1;
    if (borrower < 0)
        return 1;
    for (;;)
    {
        union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control;
        struct iovec data = {bytes, sizeof bytes};
        struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
        ssize_t length = recvmsg(borrower, &message, MSG_CMSG_CLOEXEC);
        if (length <= 0)
            return 0;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        int fd = -1;
        if (header)
            memcpy(&fd, CMSG_DATA(header), sizeof fd);
        if (bytes[0] == 'n')
        {
            (void)!send(fd, bytes + 1, (size_t)length - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
            close(fd);
            continue;
        }

        int connection = reach(argv[1]);
        data.iov_len = 1;
        struct msghdr answer = {.msg_iov = &data, .msg_iovlen = 1};
        if (connection >= 0)
        {
            memset(&control, 0, sizeof control);
            answer.msg_control = control.bytes;
            answer.msg_controllen = sizeof control.bytes;
            header = CMSG_FIRSTHDR(&answer);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(sizeof(int));
            memcpy(CMSG_DATA(header), &connection, sizeof connection);
        }

        (void)!sendmsg(borrower, &answer, MSG_NOSIGNAL);
        if (connection >= 0)
            close(connection);
    }
}
