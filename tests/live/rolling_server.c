/* A server that ends as servers should: at SIGTERM it answers what it has accepted, and what waits to be accepted, and is gone.
 *
 * rolling_server PORT MILLISECONDS TEXT: answers every request over HTTP with TEXT, after so many milliseconds. Each request is a
 * process of its own, so many are under way when it is told to end.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int told[2];

static void ends(int number) {
    (void)number;
    if (write(told[1], "", 1) < 0) _exit(3);
}

static void answer(int connection, int milliseconds, const char *text) {
    char head[4096], reply[4096];
    size_t length = 0;
    while (length < sizeof head - 1) {
        ssize_t got = read(connection, head + length, sizeof head - 1 - length);
        if (got <= 0) _exit(1);
        length += (size_t)got;
        head[length] = 0;
        if (strstr(head, "\r\n\r\n")) break;
    }
    usleep((useconds_t)milliseconds * 1000);
    int size = snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                        strlen(text), text);
    for (char *at = reply; size > 0;) {
        ssize_t sent = write(connection, at, (size_t)size);
        if (sent <= 0) _exit(1);
        at += sent;
        size -= (int)sent;
    }
    shutdown(connection, SHUT_WR);
    while (read(connection, head, sizeof head) > 0) {
    }
    _exit(0);
}

/* Takes all that waits; whether there was anything. */
static int take(int listener, int milliseconds, const char *text) {
    int taken = 0, connection;
    while ((connection = accept(listener, NULL, NULL)) >= 0) {
        taken = 1;
        pid_t child = fork();
        if (child == 0) {
            signal(SIGTERM, SIG_IGN);
            close(listener);
            answer(connection, milliseconds, text);
        }
        close(connection);
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
    }
    return taken;
}

/* From here on who begins to connect is refused, and tries another address; who has begun comes through: what waits for accept when
 * a socket closes is cut. The socket is bound to the loopback for that, which any process may do once, and a filter may not be given
 * by everyone. It is an end without a word where that fails, so that it cannot be taken for one that ends as it should.
 */
static void no_more(int listener) {
    if (setsockopt(listener, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3)) {
        perror("SO_BINDTODEVICE");
        _exit(4);
    }
    usleep(100000);
}

int main(int count, char **words) {
    if (count != 4 || pipe(told)) return 2;
    struct sigaction action = {.sa_handler = ends};
    sigaction(SIGTERM, &action, NULL);
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(words[1]))};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 512)) return 2;
    fcntl(listener, F_SETFL, O_NONBLOCK);
    struct pollfd polled[2] = {{.fd = listener, .events = POLLIN}, {.fd = told[0], .events = POLLIN}};
    for (;;) {
        if (poll(polled, 2, -1) < 0 && errno != EINTR) return 2;
        take(listener, atoi(words[2]), words[3]);
        if (polled[1].revents & POLLIN) break;
    }
    no_more(listener);
    while (take(listener, atoi(words[2]), words[3])) {
    }
    close(listener);
    while (wait(NULL) > 0 || errno == EINTR) {
    }
    return 0;
}
