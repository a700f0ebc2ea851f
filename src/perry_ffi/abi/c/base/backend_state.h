/* What is answered at once about backends and handles. Python tells it; callers read it on any thread. */
#ifndef PERRY_BASE_BACKEND_STATE_H
#define PERRY_BASE_BACKEND_STATE_H

#include "perry_container.h"

/* The name of the backend in force ("unknown" before there is one), and the order in which names are tried, as JSON. */
const PerryStringHeader *perry_active_backend(void);
const PerryStringHeader *perry_priority(void);
int64_t perry_handles_alive(void);

/* 0, or below 0 if memory is short. */
int perry_set_active_backend(const char *name);
int perry_set_priority(const char *json);
void perry_set_handles_alive(int64_t count);

#endif
