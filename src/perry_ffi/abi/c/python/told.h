/* What the build knew of Python and of all that is linked, in one of the two forms. */
#ifndef PERRY_PYTHON_TOLD_H
#define PERRY_PYTHON_TOLD_H

/* The names are those of perry_container_config. Result: static, or null. */
const char *perry_told(const char *name);

#endif
