/* The shared objects that are loaded in this process. What differs between systems is in loaded_objects.c alone. */
#ifndef PERRY_PLATFORM_LOADED_OBJECTS_H
#define PERRY_PLATFORM_LOADED_OBJECTS_H

#include <stddef.h>
#include <stdint.h>

typedef struct perry_loaded_objects {
    char **names;
    uintptr_t *bases; /* where each is mapped, as dladdr tells it */
    size_t count;
    size_t capacity;
} perry_loaded_objects;

/* Those with a name, in load order; as many as there was memory for. */
perry_loaded_objects perry_loaded_objects_list(void);
void perry_loaded_objects_free(perry_loaded_objects *objects);

#endif
