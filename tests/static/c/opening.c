/* opening LIBRARY: what a dlopen costs, and what the process has after its first answer. Prints one line of JSON:
 * page faults and processor time of the dlopen, anonymous memory before it, after it and after the answer. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "perry_container.h"

/* A counter of this thread that the kernel keeps; -1 where it keeps none. */
static int counter(uint64_t config)
{
    struct perf_event_attr attributes = {.type = PERF_TYPE_SOFTWARE, .size = sizeof attributes, .config = config, .disabled = 1};
    return (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
}

static long long counted(int descriptor)
{
    long long value = -1;
    if (descriptor < 0 || read(descriptor, &value, sizeof value) != sizeof value)
        return -1;
    return value;
}

static long anonymous_kilobytes(void)
{
    char line[256];
    long found = -1;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Anonymous: %ld kB", &found) == 1)
            break;
    if (file)
        fclose(file);
    return found;
}

/* A call that reads a document, and so has the models loaded; it is refused. */
static int ask(void *library)
{
    PerryPromise *(*run)(const PerryStringHeader *);
    PerryStringHeader *(*text)(const char *, size_t);
    int (*wait)(PerryPromise *, int64_t);
    *(void **)&run = dlsym(library, "js_container_run");
    *(void **)&text = dlsym(library, "perry_container_string_new");
    *(void **)&wait = dlsym(library, "perry_container_promise_wait");
    const char *spec = "{\"image\":\"busybox\",\"unknown\":1}";
    return wait(run(text(spec, strlen(spec))), 60000);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    int faults = counter(PERF_COUNT_SW_PAGE_FAULTS), time = counter(PERF_COUNT_SW_TASK_CLOCK);
    long before = anonymous_kilobytes();
    ioctl(faults, PERF_EVENT_IOC_ENABLE, 0);
    ioctl(time, PERF_EVENT_IOC_ENABLE, 0);
    void *library = dlopen(argv[1], RTLD_LAZY | RTLD_LOCAL);
    ioctl(time, PERF_EVENT_IOC_DISABLE, 0);
    ioctl(faults, PERF_EVENT_IOC_DISABLE, 0);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    long opened = anonymous_kilobytes();
    int state = ask(library);
    printf("{\"faults\":%lld,\"nanoseconds\":%lld,\"before\":%ld,\"opened\":%ld,\"answered\":%ld,\"state\":%d}\n", counted(faults),
           counted(time), before, opened, anonymous_kilobytes(), state);
    return 0;
}
