/* The standard streams of perry-compose, in each of its two forms.
 *
 * One that is closed gets a file that refuses what the stream is for: it is then told of, and no socket or file that is opened
 * later is taken for it. */
#ifndef PERRY_COMPOSE_STANDARD_STREAMS_H
#define PERRY_COMPOSE_STANDARD_STREAMS_H

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void keep_standard_streams(void)
{
    static const int refusing[] = {O_WRONLY, O_RDONLY, O_RDONLY};
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", refusing[fd]) < 0)
            _exit(126);
}

#endif
