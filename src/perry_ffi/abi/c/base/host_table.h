/* The functions of the host in force: those that perry_container_set_host was given, else the plain ones. */
#ifndef PERRY_BASE_HOST_TABLE_H
#define PERRY_BASE_HOST_TABLE_H

#include "perry_container.h"

/* Promises of the library's own (runtime/promise.c), for hosts that bring none. */
extern const PerryContainerHost perry_plain_host;

const PerryContainerHost *perry_host(void);
/* From here on perry_container_set_host is too late. */
void perry_host_seal(void);

#endif
