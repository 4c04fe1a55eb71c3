/* The same for each kind of processor: included by _convolutions.c, once for each, with its own vectors. */

/* The greatest of the sums of GROUP units, for WORDS words in a row; what a word sees lies in one row, as long as three
 * words are. */
TARGET static void NAME(sums)(const float *seen, int64_t units, const float *weights, const float *bias, float *out) {
    const int64_t inputs = 3 * units;
    for (int part = 0; part < GROUP; part += LANES) {
        VECTOR first[WORDS], second[WORDS], third[WORDS];
        const float *w = weights + part;
#pragma GCC unroll 8
        for (int word = 0; word < WORDS; word++) {
            first[word] = LOAD(bias + part);
            second[word] = LOAD(bias + GROUP + part);
            third[word] = LOAD(bias + 2 * GROUP + part);
        }
        for (int64_t i = 0; i < inputs; i++, w += PIECES * GROUP) {
            const VECTOR a = LOAD(w), b = LOAD(w + GROUP), c = LOAD(w + 2 * GROUP);
#pragma GCC unroll 8
            for (int word = 0; word < WORDS; word++) {
                const VECTOR x = SPREAD(seen[word * units + i]);
                first[word] = FMA(x, a, first[word]);
                second[word] = FMA(x, b, second[word]);
                third[word] = FMA(x, c, third[word]);
            }
        }
#pragma GCC unroll 8
        for (int word = 0; word < WORDS; word++)
            STORE(out + word * units + part, MAX(MAX(first[word], second[word]), third[word]));
    }
}

/* To a vector add what the units gave, normed. */
TARGET static void NAME(normed)(const float *x, const float *best, const Layer *layer, int64_t units, float *out) {
    VECTOR sum = SPREAD(0), squares = SPREAD(0);
    for (int64_t i = 0; i < units; i += LANES)
        sum = ADD(sum, LOAD(best + i));
    const VECTOR mean = SPREAD(NAME(total)(sum) / (float)units);
    for (int64_t i = 0; i < units; i += LANES) {
        const VECTOR off = SUB(LOAD(best + i), mean);
        squares = FMA(off, off, squares);
    }
    const float variance = NAME(total)(squares) / (float)units + 1e-8f;
    const VECTOR scale = SPREAD(1.0f / __builtin_sqrtf(variance));
    for (int64_t i = 0; i < units; i += LANES) {
        const VECTOR unit = MUL(MUL(SUB(LOAD(best + i), mean), scale), LOAD(layer->gain + i));
        STORE(out + i, ADD(LOAD(x + i), ADD(unit, LOAD(layer->shift + i))));
    }
}

/* The first layer: what each word adds to its sums at each place is known. */
TARGET static void NAME(known)(const int64_t *rows, const float *places, int64_t size, int64_t units, float *out) {
    const int64_t width = PIECES * units;
    const float *before = places + rows[-1] * width, *at = places + (size + rows[0]) * width;
    const float *after = places + (2 * size + rows[1]) * width;
    for (int64_t i = 0; i < units; i += LANES) {
        VECTOR best = ADD(ADD(LOAD(at + i), LOAD(before + i)), LOAD(after + i));
        for (int64_t j = i + units; j < width; j += units)
            best = MAX(best, ADD(ADD(LOAD(at + j), LOAD(before + j)), LOAD(after + j)));
        STORE(out + i, best);
    }
}

TARGET static void NAME(convolutions)(const int64_t *rows, int64_t count, const float *words, const float *places,
                                      int64_t size, const Layer *layers, int64_t depth, int64_t units, float *room,
                                      float *out) {
    const int64_t buffer = (CHUNK + 2 * EDGE) * units;
    float *best = room + 2 * buffer;
    for (int64_t start = 0; start < count; start += CHUNK) {
        const int64_t end = start + CHUNK < count ? start + CHUNK : count;
        float *x = room + EDGE * units, *next = x + buffer; /* of the word at `start` */
        for (int64_t i = 0; i < 2 * buffer; i++)
            room[i] = 0;
        /* Each layer sees one word more on either side than the one after it. */
        int64_t edge = depth - 1;
        int64_t from = start - edge > 0 ? start - edge : 0, to = end + edge < count ? end + edge : count;
        for (int64_t word = from; word < to; word++) {
            const int64_t around[3] = {word > 0 ? rows[word - 1] : 0, rows[word], word + 1 < count ? rows[word + 1] : 0};
            NAME(known)(around + 1, places, size, units, best);
            NAME(normed)(words + rows[word] * units, best, layers, units, x + (word - start) * units);
        }
        for (int64_t at = 1; at < depth; at++) {
            const Layer *layer = layers + at;
            edge--;
            from = start - edge > 0 ? start - edge : 0, to = end + edge < count ? end + edge : count;
            for (int64_t word = from; word < to; word += WORDS) {
                for (int64_t group = 0; group < units / GROUP; group++)
                    NAME(sums)(x + (word - start - 1) * units, units, layer->weights + group * 3 * units * PIECES * GROUP,
                               layer->bias + group * PIECES * GROUP, best + group * GROUP);
                for (int64_t each = word; each < to && each < word + WORDS; each++) {
                    float *to_row = at + 1 < depth ? next + (each - start) * units : out + each * units;
                    NAME(normed)(x + (each - start) * units, best + (each - word) * units, layer, units, to_row);
                }
            }
            float *spare = x;
            x = next, next = spare;
        }
    }
}

#undef SUFFIX
#undef TARGET
#undef VECTOR
#undef LANES
#undef WORDS
#undef LOAD
#undef STORE
#undef SPREAD
#undef ADD
#undef SUB
#undef MUL
#undef MAX
#undef FMA
