/* The functions of the Perry runtime that the archive needs, and a program that uses them as the event loop does.
 *
 * Usage: fake_runtime MODE; MODE is requests (10,000 at once, from the JavaScript thread), missing (no library is to be
 * had) or foreign (a second JavaScript thread). Ends with 0 and prints what was counted. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "perry_container.h"

/* ---- The runtime ------------------------------------------------------------------------------- */

typedef struct token {
    int settled; /* 0, 1 fulfilled, 2 rejected */
    uint64_t bits;
    char *text; /* of the string or the error it was settled with */
    char code[64];
    pthread_t owner;
} token;

static int32_t (*_Atomic registered_pump)(void);
static int32_t (*_Atomic registered_active)(void);
static _Atomic int notified;
static pthread_mutex_t news_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER;

/* What js_string_from_bytes and js_error_value_with_code made last, on this thread: it has to be handed over at once. */
static _Thread_local char *fresh_text;
static _Thread_local char fresh_code[64];

void *perry_ffi_native_async_new(uint32_t flags);
void *perry_ffi_native_async_promise(void *made);
int32_t perry_ffi_native_async_resolve_bits(void *made, uint64_t bits);
int32_t perry_ffi_native_async_reject_bits(void *made, uint64_t bits);
double js_error_value_with_code(const char *message, size_t length, const char *code, size_t code_length, int32_t kind);
void *js_string_from_bytes(const char *bytes, uint32_t length);
void js_register_aux_pump(int32_t (*function)(void));
void js_register_aux_has_active(int32_t (*function)(void));
void js_notify_main_thread(void);

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

void *perry_ffi_native_async_new(uint32_t flags)
{
    token *made = calloc(1, sizeof *made);
    (void)flags;
    made->owner = pthread_self();
    return made;
}

void *perry_ffi_native_async_promise(void *made) { return made; }

static int32_t settle(token *made, int how, uint64_t bits)
{
    if (made->settled)
        fail("settled twice");
    if (!pthread_equal(made->owner, pthread_self()))
        fail("settled on a thread that did not make it");
    made->settled = how;
    made->bits = bits;
    made->text = fresh_text;
    memcpy(made->code, fresh_code, sizeof fresh_code);
    fresh_text = NULL;
    fresh_code[0] = '\0';
    return 0;
}

int32_t perry_ffi_native_async_resolve_bits(void *made, uint64_t bits) { return settle(made, 1, bits); }
int32_t perry_ffi_native_async_reject_bits(void *made, uint64_t bits) { return settle(made, 2, bits); }

static void keep(const char *bytes, size_t length)
{
    if (fresh_text)
        fail("a value was made and not handed over");
    fresh_text = malloc(length + 1);
    memcpy(fresh_text, bytes, length);
    fresh_text[length] = '\0';
}

double js_error_value_with_code(const char *message, size_t length, const char *code, size_t code_length, int32_t kind)
{
    (void)kind;
    keep(message, length);
    if (code_length >= sizeof fresh_code)
        fail("a kind is not a word");
    memcpy(fresh_code, code, code_length);
    fresh_code[code_length] = '\0';
    return 1.0;
}

void *js_string_from_bytes(const char *bytes, uint32_t length)
{
    static _Thread_local struct {
        PerryStringHeader header;
        char bytes[64];
    } at_once;
    keep(bytes, length);
    at_once.header.byte_len = length;
    snprintf(at_once.bytes, sizeof at_once.bytes, "%s", fresh_text);
    return &at_once;
}

void js_register_aux_pump(int32_t (*function)(void))
{
    if (registered_pump)
        fail("the pump was registered twice");
    registered_pump = function;
}

void js_register_aux_has_active(int32_t (*function)(void)) { registered_active = function; }

void js_notify_main_thread(void)
{
    pthread_mutex_lock(&news_lock);
    notified++;
    pthread_cond_broadcast(&news);
    pthread_mutex_unlock(&news_lock);
}

/* An event loop: it ends when nothing is active. */
static int turn_until_done(void)
{
    int delivered = 0;
    int seen = 0;
    while (registered_active()) {
        delivered += registered_pump();
        pthread_mutex_lock(&news_lock);
        while (registered_active() && notified == seen)
            pthread_cond_wait(&news, &news_lock);
        seen = notified;
        pthread_mutex_unlock(&news_lock);
    }
    return delivered;
}

/* ---- The program ------------------------------------------------------------------------------- */

#define MANY 10000

static token *made[MANY];

static void count(int number)
{
    int how[3] = {0};
    for (int i = 0; i < number; i++) {
        how[made[i]->settled]++;
        if (made[i]->settled == 2 && (made[i]->code[0] == '\0' || !strstr(made[i]->text, made[i]->code)))
            fail("an error without its kind");
        if (!made[i]->text)
            fail("a result without its text");
    }
    printf("pending %d fulfilled %d rejected %d first %s\n", how[0], how[1], how[2], made[0]->code);
    for (int i = 0; i < number; i++) {
        free(made[i]->text);
        free(made[i]);
    }
}

static void ask(int number)
{
    PerryStringHeader *spec = malloc(sizeof *spec + 32);
    for (int i = 0; i < number; i++) {
        /* Half are fulfilled, half rejected; the argument is overwritten as soon as the call is back. */
        const char *text = i % 2 ? "{\"image\":\"a\"}" : "[not json";
        *spec = (PerryStringHeader){.byte_len = (uint32_t)strlen(text), .capacity = 32};
        memcpy(spec + 1, text, strlen(text));
        made[i] = (token *)js_container_selectBackendFor(spec, NULL);
        memset(spec, 0x5A, sizeof *spec + 32);
    }
    free(spec);
}

static void *second_thread(void *unused)
{
    (void)unused;
    ask(100);
    while (registered_active())
        registered_pump();
    return NULL;
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    js_container_getBackend();
    free(fresh_text);
    fresh_text = NULL;
    if (strcmp(mode, "foreign") == 0) {
        pthread_t other;
        pthread_create(&other, NULL, second_thread, NULL);
        while (!registered_active) {
        }
        while (registered_active())
            registered_pump();
        pthread_join(other, NULL);
        count(100);
        return 0;
    }
    int number = strcmp(mode, "missing") == 0 ? 3 : MANY;
    ask(number);
    if (!registered_active())
        fail("nothing keeps the event loop alive");
    int delivered = turn_until_done();
    printf("delivered %d\n", delivered);
    count(number);
    return 0;
}
