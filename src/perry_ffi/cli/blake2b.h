/* BLAKE2b (RFC 7693) without a key, as Python's hashlib.blake2b(digest_size=...) has it. */
#ifndef PERRY_COMPOSE_BLAKE2B_H
#define PERRY_COMPOSE_BLAKE2B_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { BLAKE2B_BLOCK = 128 };

typedef struct blake2b {
    uint64_t state[8], taken; /* taken: bytes that went in. */
    unsigned char block[BLAKE2B_BLOCK];
    size_t filled; /* of the block; a full one waits, for the last one is mixed in another way. */
} blake2b;

static const uint64_t blake2b_start[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

static uint64_t blake2b_turned(uint64_t word, unsigned bits) { return word >> bits | word << (64 - bits); }

static void blake2b_mix(uint64_t v[16], const unsigned char at[4], uint64_t x, uint64_t y)
{
    uint64_t *a = v + at[0], *b = v + at[1], *c = v + at[2], *d = v + at[3];
    *a += *b + x;
    *d = blake2b_turned(*d ^ *a, 32);
    *c += *d;
    *b = blake2b_turned(*b ^ *c, 24);
    *a += *b + y;
    *d = blake2b_turned(*d ^ *a, 16);
    *c += *d;
    *b = blake2b_turned(*b ^ *c, 63);
}

static void blake2b_compress(blake2b *hash, int last)
{
    static const unsigned char order[10][16] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
        {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
        {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
        {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
        {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
    };
    static const unsigned char places[8][4] = {
        {0, 4, 8, 12}, {1, 5, 9, 13}, {2, 6, 10, 14}, {3, 7, 11, 15}, {0, 5, 10, 15}, {1, 6, 11, 12}, {2, 7, 8, 13}, {3, 4, 9, 14},
    };
    uint64_t words[16] = {0}, v[16];
    for (int i = 0; i < BLAKE2B_BLOCK; i++)
        words[i / 8] |= (uint64_t)hash->block[i] << i % 8 * 8;
    memcpy(v, hash->state, sizeof hash->state);
    memcpy(v + 8, blake2b_start, sizeof blake2b_start);
    v[12] ^= hash->taken;
    v[14] = last ? ~v[14] : v[14];
    /* Unrolled, the places are constants: a compiler for small size would look them up, which takes many times as long. */
#pragma GCC unroll 12
    for (int round = 0; round < 12; round++)
#pragma GCC unroll 8
        for (int i = 0; i < 8; i++)
            blake2b_mix(v, places[i], words[order[round % 10][2 * i]], words[order[round % 10][2 * i + 1]]);
    for (int i = 0; i < 8; i++)
        hash->state[i] ^= v[i] ^ v[i + 8];
}

static void blake2b_begin(blake2b *hash, unsigned digest_size)
{
    memset(hash, 0, sizeof *hash);
    memcpy(hash->state, blake2b_start, sizeof blake2b_start);
    hash->state[0] ^= 0x01010000 ^ digest_size;
}

static void blake2b_take(blake2b *hash, const void *data, size_t length)
{
    for (const unsigned char *at = data; length;) {
        if (hash->filled == BLAKE2B_BLOCK) {
            blake2b_compress(hash, 0);
            hash->filled = 0;
        }
        size_t room = BLAKE2B_BLOCK - hash->filled, part = length < room ? length : room;
        memcpy(hash->block + hash->filled, at, part);
        hash->filled += part;
        hash->taken += part;
        at += part;
        length -= part;
    }
}

/* digest: as many bytes as blake2b_begin was told. */
static void blake2b_end(blake2b *hash, unsigned char *digest, unsigned digest_size)
{
    memset(hash->block + hash->filled, 0, BLAKE2B_BLOCK - hash->filled);
    blake2b_compress(hash, 1);
    for (unsigned i = 0; i < digest_size; i++)
        digest[i] = (unsigned char)(hash->state[i / 8] >> i % 8 * 8);
}

#endif
