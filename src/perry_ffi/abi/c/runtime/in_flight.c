#include "runtime/in_flight.h"

#include <stdlib.h>

static struct {
    perry_item **chains;
    size_t size; /* a power of two, or 0 */
    size_t count;
} flight;

static perry_item **chain_of(int64_t id) { return &flight.chains[(uint64_t)id & (flight.size - 1)]; }

static bool flight_grow(void)
{
    size_t size = flight.size ? flight.size * 2 : 256;
    perry_item **old = flight.chains;
    size_t old_size = flight.size;
    perry_item **chains = calloc(size, sizeof *chains);
    if (!chains)
        return flight.size != 0; /* longer chains will do */
    flight.chains = chains;
    flight.size = size;
    for (size_t i = 0; i < old_size; i++)
        for (perry_item *at = old[i]; at;) {
            perry_item *next = at->next;
            perry_item **chain = chain_of(at->id);
            at->next = *chain;
            *chain = at;
            at = next;
        }
    free(old);
    return true;
}

bool perry_in_flight_add(perry_item *request)
{
    if (flight.count >= flight.size && !flight_grow())
        return false;
    perry_item **chain = chain_of(request->id);
    request->next = *chain;
    *chain = request;
    flight.count++;
    return true;
}

perry_item *perry_in_flight_remove(int64_t id)
{
    if (!flight.size)
        return NULL;
    for (perry_item **at = chain_of(id); *at; at = &(*at)->next)
        if ((*at)->id == id) {
            perry_item *found = *at;
            *at = found->next;
            flight.count--;
            return found;
        }
    return NULL;
}

perry_item *perry_in_flight_take_all(void)
{
    perry_item *all = NULL;
    for (size_t i = 0; i < flight.size; i++)
        while (flight.chains[i]) {
            perry_item *moved = flight.chains[i];
            flight.chains[i] = moved->next;
            moved->next = all;
            all = moved;
        }
    flight.count = 0;
    return all;
}
