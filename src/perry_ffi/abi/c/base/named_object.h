/* The JSON of a workload node or graph, composed in C because it must be there at once. */
#ifndef PERRY_BASE_NAMED_OBJECT_H
#define PERRY_BASE_NAMED_OBJECT_H

#include "perry_container.h"

/* {...members of json..., "name": name}. What is no object's text goes under "unreadable"; the operations check it. */
const PerryStringHeader *perry_named_object(const PerryStringHeader *name, const PerryStringHeader *json);

#endif
