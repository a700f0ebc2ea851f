/* The texts are put in by the build: scripts/static/told.py. */
#define PY_SSIZE_T_CLEAN
#include "python/told.h"

#include <Python.h>
#include <string.h>

extern const char perry_told_parts[];
extern const char perry_told_licences[];
extern const char perry_told_sbom[];

const char *perry_told(const char *name)
{
    static const struct {
        const char *name;
        const char *text;
    } texts[] = {{"form", "static"},
                 {"python", PY_VERSION},
                 {"parts", perry_told_parts},
                 {"licences", perry_told_licences},
                 {"sbom", perry_told_sbom}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(name, texts[i].name) == 0)
            return texts[i].text;
    return NULL;
}
