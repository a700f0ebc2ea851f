/* What `perry-compose complete services` (scales, paths) said before, told again without a Python while it holds.
 *
 * Python keeps it (completion/kept.py, completion/declared.py): under a digest of the question, with the state of each path that it
 * follows from. Here the same question is put, and the same states are compared. Whatever is in doubt is not answered here: flags
 * other than those that are in the question, names of variables and texts that are not plain ASCII. */
#ifndef PERRY_COMPOSE_KEPT_ANSWER_H
#define PERRY_COMPOSE_KEPT_ANSWER_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blake2b.h"

#define KEPT_FORM "perry-compose 1"
enum { KEPT_DIGEST = 20, KEPT_MOST_FLAGS = 32, KEPT_MOST_VARIABLES = 1024, KEPT_MOST_BYTES = 1 << 20, KEPT_STATE = 128 };

extern char **environ;

typedef struct kept_question {
    const char *kind, *directory, *name;
    const char *files[KEPT_MOST_FLAGS], *env_files[KEPT_MOST_FLAGS];
    int file_count, env_file_count;
} kept_question;

/* ---- The question ---------------------------------------------------------------------------- */

/* The value of the flag at *at, in the same word or the next, to which *at then goes; null where it is another flag, or has none. */
static const char *kept_value(char ***at, const char *flag)
{
    size_t length = strlen(flag);
    if (strncmp(**at, flag, length) != 0)
        return NULL;
    if (flag[1] == '-' && (**at)[length] == '=')
        return **at + length + 1;
    return (**at)[length] || !(*at)[1] ? NULL : *++*at;
}

static bool kept_flag(char ***at, kept_question *asked)
{
    const char *value;
    if ((value = kept_value(at, "-f")) || (value = kept_value(at, "--file")))
        asked->files[asked->file_count++] = value;
    else if ((value = kept_value(at, "--env-file")))
        asked->env_files[asked->env_file_count++] = value;
    else if ((value = kept_value(at, "-p")) || (value = kept_value(at, "--project-name")))
        asked->name = value;
    else if ((value = kept_value(at, "--project-directory")))
        asked->directory = value;
    else /* Services of every profile are told. */
        value = kept_value(at, "--profile");
    return value && strcmp(value, "-") != 0 && asked->file_count < KEPT_MOST_FLAGS && asked->env_file_count < KEPT_MOST_FLAGS;
}

/* Reads FLAGS complete KIND [TYPED]. Behind SERVICE: stand the paths in a container, which nothing here knows. */
static bool kept_asked(char **argv, kept_question *asked)
{
    char **at = argv + 1;
    for (; *at && **at == '-'; at++)
        if (!kept_flag(&at, asked))
            return false;
    if (!*at || strcmp(*at, "complete") != 0 || !at[1] || (at[2] && (*at[2] == '-' || at[3])))
        return false;
    asked->kind = at[1];
    if (strcmp(at[1], "paths") == 0)
        return !at[2] || !strchr(at[2], ':');
    return strcmp(at[1], "services") == 0 || strcmp(at[1], "scales") == 0;
}

static int kept_by_name(const void *left, const void *right)
{
    const char *a = *(char *const *)left, *b = *(char *const *)right;
    while (*a == *b && *a != '=')
        a++, b++;
    return (*a == '=' ? 0 : *a) - (*b == '=' ? 0 : *b);
}

/* The variables by their names; how many, or -1 where Python might order them in another way, or has another set of them. */
static int kept_variables(const char **variables)
{
    int count = 0;
    for (char **one = environ; *one; one++) {
        if (count == KEPT_MOST_VARIABLES || !strchr(*one, '='))
            return -1;
        for (const char *at = *one; *at != '='; at++)
            if (*at < 0)
                return -1;
        variables[count++] = *one;
    }
    qsort(variables, (size_t)count, sizeof *variables, kept_by_name);
    for (int i = 1; i < count; i++)
        if (kept_by_name(variables + i - 1, variables + i) == 0)
            return -1;
    return count;
}

static void kept_add(blake2b *hash, const char *text)
{
    blake2b_take(hash, text ? text : "", text ? strlen(text) + 1 : 1);
}

/* The name of the file that has the answer: the digest, in hexadecimal digits. */
static bool kept_name(const kept_question *asked, char name[2 * KEPT_DIGEST + 1])
{
    char folder[PATH_MAX];
    const char *variables[KEPT_MOST_VARIABLES];
    int count = kept_variables(variables);
    if (count < 0 || !getcwd(folder, sizeof folder))
        return false;
    blake2b hash;
    unsigned char digest[KEPT_DIGEST];
    blake2b_begin(&hash, sizeof digest);
    const char *const first[] = {KEPT_FORM, PERRY_CONTAINER_VERSION, folder, asked->directory, asked->name, "files"};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        kept_add(&hash, first[i]);
    for (int i = 0; i < asked->file_count; i++)
        kept_add(&hash, asked->files[i]);
    kept_add(&hash, "env files");
    for (int i = 0; i < asked->env_file_count; i++)
        kept_add(&hash, asked->env_files[i]);
    kept_add(&hash, "variables");
    for (int i = 0; i < count; i++)
        kept_add(&hash, variables[i]);
    blake2b_end(&hash, digest, sizeof digest);
    for (unsigned i = 0; i < sizeof digest; i++)
        sprintf(name + 2 * i, "%02x", digest[i]);
    return true;
}

/* ---- The answer ------------------------------------------------------------------------------ */

/* All of the file, and a NUL behind it; null where there is none, or one that is too large. */
static char *kept_text(const char *name, size_t *length)
{
    char path[PATH_MAX];
    const char *caches = getenv("XDG_CACHE_HOME"), *below = "";
    if (!caches || !*caches) {
        caches = getenv("HOME");
        below = "/.cache";
    }
    if (!caches || *caches != '/')
        return NULL;
    int size = snprintf(path, sizeof path, "%s%s/perry-container/completion/%s", caches, below, name);
    FILE *file = size < PATH_MAX ? fopen(path, "rbe") : NULL;
    char *text = file ? malloc(KEPT_MOST_BYTES + 1) : NULL;
    *length = text ? fread(text, 1, KEPT_MOST_BYTES, file) : 0;
    if (file)
        fclose(file);
    if (text)
        text[*length] = '\0';
    return text;
}

/* As kept.py has it. */
static bool kept_holds(const char *path, const char *state)
{
    struct stat found;
    char now[KEPT_STATE] = "absent";
    if (stat(path, &found) == 0)
        snprintf(now, sizeof now, "%ju %ju %jd %jd %jd", (uintmax_t)found.st_dev, (uintmax_t)found.st_ino, (intmax_t)found.st_size,
                 (intmax_t)found.st_mtim.tv_sec * 1000000000 + found.st_mtim.tv_nsec,
                 (intmax_t)found.st_ctim.tv_sec * 1000000000 + found.st_ctim.tv_nsec);
    return strcmp(now, state) == 0;
}

/* Writes the line of a service: its name, what it is, its profiles, each on a line of the row. False where Python has to. */
static bool kept_line(FILE *out, char *row, const char *kind)
{
    char *text = strchr(row, '\n');
    for (const char *at = row; *at; at++)
        if (*at != '\n' && (*at < ' ' || *at > '~'))
            return false;
    if (!text)
        return false;
    *text++ = '\0';
    char *profiles = strchr(text, '\n');
    if (profiles)
        *profiles++ = '\0';
    fprintf(out, "%s%s\t%s", row, *kind == 's' && kind[1] == 'c' ? "=" : *kind == 'p' ? ":" : "", text);
    if (profiles)
        fputs(" (profile ", out);
    for (; profiles && *profiles; profiles++)
        fputs(*profiles == '\n' ? ", " : (char[]){*profiles, '\0'}, out);
    fputs(profiles ? ")\n" : "\n", out);
    return true;
}

/* The next field; null behind the last. */
static char *kept_next(char **at, const char *end)
{
    char *field = *at;
    if (field > end)
        return NULL;
    *at += strlen(field) + 1;
    return field;
}

/* Writes the answer that stands in text, if it still holds. */
static bool kept_told(FILE *out, char *text, const char *end, const char *kind)
{
    char *form = kept_next(&text, end), *count = kept_next(&text, end), *rest = NULL;
    if (!form || strcmp(form, KEPT_FORM) != 0 || !count || *count < '0' || *count > '9')
        return false;
    unsigned long paths = strtoul(count, &rest, 10);
    if (*rest)
        return false;
    for (; paths; paths--) {
        char *path = kept_next(&text, end), *state = kept_next(&text, end);
        if (!state || !kept_holds(path, state))
            return false;
    }
    for (char *field = kept_next(&text, end); field; field = kept_next(&text, end)) {
        if (text > end)
            return strcmp(field, "end") == 0;
        if (!kept_line(out, field, kind))
            return false;
    }
    return false;
}

/* The answer, if it is one that is kept and still holds; else null. The caller frees it. */
static char *kept_answer(char **argv)
{
    kept_question asked = {0};
    char name[2 * KEPT_DIGEST + 1], *answer = NULL;
    size_t length = 0, written;
    if (!argv[0] || !kept_asked(argv, &asked) || !kept_name(&asked, name))
        return NULL;
    char *text = kept_text(name, &length);
    FILE *out = text ? open_memstream(&answer, &written) : NULL;
    bool told = out && kept_told(out, text, text + length, asked.kind);
    told = out && fclose(out) == 0 && told;
    free(text);
    if (told)
        return answer;
    free(answer);
    return NULL;
}

#endif
