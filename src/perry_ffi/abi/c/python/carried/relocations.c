/* The build (scripts/static/late.py) ends the loader's list early; how much is behind that end is in the dynamic section, and how many
 * functions that were to be called at the load. Where nothing was put off, as in a program that has all of this linked in, there is nothing to do. */
#define _GNU_SOURCE
#include "python/carried/relocations.h"

#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define DT_PERRY_LATE 0x60005052

extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));
extern ElfW(Dyn) _DYNAMIC[] __attribute__((weak, visibility("hidden")));

static ElfW(Xword) dynamic(ElfW(Sxword) tag)
{
    for (const ElfW(Dyn) *entry = _DYNAMIC; entry && entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == tag)
            return entry->d_un.d_val;
    return 0;
}

/* The part of the data that the loader has made read-only. */
static bool protect(uintptr_t base, int access)
{
    const ElfW(Phdr) *segments = (const ElfW(Phdr) *)(base + __ehdr_start.e_phoff);
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (size_t i = 0; i < __ehdr_start.e_phnum; i++) {
        uintptr_t start = (base + segments[i].p_vaddr) & ~(page - 1);
        uintptr_t end = (base + segments[i].p_vaddr + segments[i].p_memsz) & ~(page - 1);
        if (segments[i].p_type == PT_GNU_RELRO && mprotect((void *)start, end - start, access) != 0)
            return false;
    }
    return true;
}

bool perry_relocate(void)
{
    static bool done;
    ElfW(Xword) late = done ? 0 : dynamic(DT_PERRY_LATE);
    size_t count = late & UINT32_MAX;
    if (count == 0)
        return true;
    uintptr_t base = (uintptr_t)&__ehdr_start;
    uintptr_t list = dynamic(DT_RELA);
    if (list < base) /* some loaders write the address down, some do not */
        list += base;
    const ElfW(Rela) *entries = (const ElfW(Rela) *)(list + dynamic(DT_RELASZ));
    if (!protect(base, PROT_READ | PROT_WRITE))
        return false;
    for (size_t i = 0; i < count; i++)
        *(uintptr_t *)(base + entries[i].r_offset) = base + (uintptr_t)entries[i].r_addend;
    done = true;
    if (!protect(base, PROT_READ))
        return false;
    uintptr_t array = dynamic(DT_INIT_ARRAY);
    if (array < base)
        array += base;
    void (*const *functions)(int, char **, char **) = (void (*const *)(int, char **, char **))(array + dynamic(DT_INIT_ARRAYSZ));
    for (size_t i = 0; i < late >> 32; i++)
        functions[i](0, NULL, environ);
    return true;
}
