#define _GNU_SOURCE
#include "platform/loaded_objects.h"

#include <link.h>
#include <stdlib.h>
#include <string.h>

/* Only notes names: opening an object from here could deadlock with a thread that loads one. */
static int note_object(struct dl_phdr_info *info, size_t size, void *list)
{
    (void)size;
    perry_loaded_objects *objects = list;
    if (!info->dlpi_name || !*info->dlpi_name)
        return 0;
    if (objects->count == objects->capacity) {
        size_t capacity = objects->capacity ? objects->capacity * 2 : 64;
        char **names = realloc(objects->names, capacity * sizeof *names);
        objects->names = names ? names : objects->names;
        uintptr_t *bases = names ? realloc(objects->bases, capacity * sizeof *bases) : NULL;
        if (!bases)
            return 1;
        objects->bases = bases;
        objects->capacity = capacity;
    }
    objects->names[objects->count] = strdup(info->dlpi_name);
    objects->bases[objects->count] = (uintptr_t)info->dlpi_addr;
    objects->count += objects->names[objects->count] != NULL;
    return 0;
}

perry_loaded_objects perry_loaded_objects_list(void)
{
    perry_loaded_objects objects = {0};
    dl_iterate_phdr(note_object, &objects);
    return objects;
}

void perry_loaded_objects_free(perry_loaded_objects *objects)
{
    for (size_t i = 0; i < objects->count; i++)
        free(objects->names[i]);
    free(objects->names);
    free(objects->bases);
    objects->count = 0;
}
