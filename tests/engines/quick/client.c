/* The program that a stand-in's script names in its first line: it hands the call to the server that has the stand-in loaded.
 *
 * Its words: itself, the server's socket, the script, and what the caller gave. It passes its three streams and its folder, the
 * other files that it was left open, the words from the script on and its environment, then every signal that it gets, and ends
 * as the call ended. See server.py. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { STREAMS = 3, FILES = 4, MORE = 4, HIGHEST = 256 };

struct head {
    unsigned int words, environment, mask, more, numbers[MORE];
};

static int server = -1;

static void fail(const char *what) {
    perror(what);
    _exit(125);
}

static void pass(int number) {
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    if (write(server, &byte, 1) < 0) _exit(128 + number);
    errno = saved;
}

static size_t size_of(char **words) {
    size_t size = 0;
    while (*words) size += strlen(*words++) + 1;
    return size;
}

static char *put(char *at, char **words) {
    for (; *words; words++) at = stpcpy(at, *words) + 1;
    return at;
}

static void reach(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) fail("the socket's path");
    strcpy(address.sun_path, path);
    server = socket(AF_UNIX, SOCK_STREAM, 0);
    if (server < 0 || connect(server, (struct sockaddr *)&address, sizeof address) < 0) fail(path);
}

/* Files beside the streams that whoever started this meant for it. */
static void find_more(struct head *head) {
    for (int fd = STREAMS; fd < HIGHEST && head->more < MORE; fd++) {
        if (fcntl(fd, F_GETFD) >= 0) head->numbers[head->more++] = (unsigned int)fd;
    }
}

/* The sizes and the mask that files are made with, and with them the open files. */
static void send_files(struct head *head) {
    union { char bytes[CMSG_SPACE((FILES + MORE) * sizeof(int))]; struct cmsghdr aligned; } control;
    struct iovec data = {.iov_base = head, .iov_len = sizeof *head};
    size_t count = FILES + head->more;
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    int files[FILES + MORE];
    for (int fd = 0; fd < STREAMS; fd++) files[fd] = fcntl(fd, F_GETFD) < 0 ? open("/dev/null", O_RDWR) : fd;
    files[STREAMS] = open(".", O_RDONLY | O_DIRECTORY);
    if (files[STREAMS] < 0) fail("the working directory");
    for (unsigned int i = 0; i < head->more; i++) files[FILES + i] = (int)head->numbers[i];
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(rights), files, count * sizeof(int));
    if (sendmsg(server, &message, 0) != (ssize_t)sizeof *head) fail("the call");
}

static void send_words(char **argv) {
    size_t left = size_of(argv) + size_of(environ);
    char *text = malloc(left + 1), *at = text;
    if (!text) fail("memory");
    put(put(text, argv), environ);
    while (left) {
        ssize_t sent = write(server, at, left);
        if (sent < 0 && errno != EINTR) fail("the call");
        if (sent > 0) at += sent, left -= (size_t)sent;
    }
}

static void watch_signals(void) {
    const int passed[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
    struct sigaction action = {.sa_handler = pass, .sa_flags = SA_RESTART}, before;
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) {
        if (sigaction(passed[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) sigaction(passed[i], &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
}

static void end(int status) {
    if (!WIFSIGNALED(status)) _exit(WEXITSTATUS(status));
    signal(WTERMSIG(status), SIG_DFL);
    raise(WTERMSIG(status));
    _exit(128 + WTERMSIG(status));
}

int main(int argc, char **argv) {
    if (argc < 3) return 125;
    mode_t mask = umask(0);
    umask(mask);
    struct head head = {.words = (unsigned int)size_of(argv + 2), .environment = (unsigned int)size_of(environ), .mask = mask};
    find_more(&head);
    reach(argv[1]);
    send_files(&head);
    send_words(argv + 2);
    watch_signals();
    int status, got;
    do got = (int)read(server, &status, sizeof status);
    while (got < 0 && errno == EINTR);
    if (got != sizeof status) fail("the stand-in's server is gone");
    end(status);
}
