/* The parser's transitions, one after another: the loop of finetooth.detectors.transitions in C.
 *
 * It knows no Python: finetooth.detectors.native_transitions prepares what it reads, and calls it. What each token adds to the
 * hidden layer as each feature is computed before, as one matrix product; a step is eight rows of it, summed, and the
 * product of the hidden layer with the scores' weights.
 *
 * Moves are those of spaCy's arc_eager.pyx, as transitions.py tells them.
 */

#include <stdint.h>

#define FEATURES 8
#define LARGEST 256 /* hidden units, and moves with their padding: native_transitions.py refuses more */
#define NONE (-1)

enum { SHIFT, REDUCE, LEFT, RIGHT, BREAK };

/* One copy for each kind of processor, chosen when the library is loaded. None fuses a product with a sum (see
 * hatch_build.py), so that all give the same numbers. */
#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define FOR_EACH_PROCESSOR
#endif

typedef struct {
    const float *nothing; /* features x 2 hidden: what a feature without a token adds */
    const float *bias;    /* 2 hidden */
    const float *upper;   /* hidden x padded moves */
    const float *allowed; /* 32 sets of kinds of moves x padded moves: a bias, or minus infinity */
    const int32_t *kind;  /* of each move */
    int64_t hidden;       /* units of two pieces each; a multiple of four */
    int64_t moves;        /* with their padding; a multiple of sixteen */
} Network;

typedef struct { /* of each token; NONE stands for no token */
    int32_t *head;
    int32_t *move;    /* which tied it to its head */
    int32_t *below;   /* on the stack */
    int32_t *waiting; /* behind it, where it was put back */
    int32_t *left;    /* its last child on that side */
    int32_t *right;
    int32_t *sibling;  /* the child of its head that was the last before it */
    uint8_t *starts;   /* a sentence */
    uint8_t *put_back; /* from the stack, and may not be pushed again */
} Tokens;

FOR_EACH_PROCESSOR
static int32_t best(const Network *network, const float *const rows[FEATURES], const float *restrict allowed) {
    const int64_t hidden = network->hidden, moves = network->moves;
    const float *restrict bias = network->bias;
    const float *restrict r0 = rows[0], *restrict r1 = rows[1], *restrict r2 = rows[2], *restrict r3 = rows[3];
    const float *restrict r4 = rows[4], *restrict r5 = rows[5], *restrict r6 = rows[6], *restrict r7 = rows[7];
    float sums[2 * LARGEST], scores[LARGEST];
    for (int64_t i = 0; i < 2 * hidden; i++)
        sums[i] = ((r0[i] + r1[i]) + (r2[i] + r3[i])) + ((r4[i] + r5[i]) + (r6[i] + r7[i])) + bias[i];
    for (int64_t i = 0; i < hidden; i++)
        sums[i] = sums[i] > sums[hidden + i] ? sums[i] : sums[hidden + i];
    for (int64_t m = 0; m < moves; m++)
        scores[m] = allowed[m];
    for (int64_t i = 0; i < hidden; i += 4) {
        const float *restrict u0 = network->upper + i * moves, *restrict u1 = u0 + moves;
        const float *restrict u2 = u1 + moves, *restrict u3 = u2 + moves;
        const float h0 = sums[i], h1 = sums[i + 1], h2 = sums[i + 2], h3 = sums[i + 3];
        for (int64_t m = 0; m < moves; m++)
            scores[m] += (h0 * u0[m] + h1 * u1[m]) + (h2 * u2[m] + h3 * u3[m]);
    }
    int32_t found = NONE;
    for (int32_t m = 0; m < moves; m++) /* of equal scores the first wins */
        if (allowed[m] > -__builtin_inff() && (found == NONE || scores[m] > scores[found]))
            found = m;
    return found;
}

/* Parse one document from a place on where the stack is empty and nothing was put back.
 *
 * Returns the last such place that was reached: `until` or one behind it; or one before it, where more tokens than are
 * `known` would have to be seen. The heads of all tokens before it are final. Of a token at that place what is known of
 * its children is kept in `left`.
 */
static int64_t parse(const Network *network, const float *added, int64_t base, int64_t begin, int64_t known,
                     int64_t until, int more, Tokens t) {
    const int64_t sums = 2 * network->hidden;
    int64_t front = begin, depth = 0, held = 0, reached = begin;
    int32_t top = NONE, back = NONE, left_of_first = begin < known ? t.left[begin] : NONE;
    for (int64_t i = begin; i < known; i++) {
        t.head[i] = t.move[i] = t.below[i] = t.waiting[i] = t.left[i] = t.right[i] = t.sibling[i] = NONE;
        t.starts[i] = t.put_back[i] = 0;
    }
    if (begin < known)
        t.left[begin] = left_of_first;
    for (;;) {
        if (depth == 0 && held == 0) {
            reached = front;
            if (front >= until || front >= known)
                return reached;
            left_of_first = t.left[front];
        }
        if (more && front + 1 >= known)
            break;
        const int32_t first = front < known ? (int32_t)front : NONE;
        const int32_t second = front + 1 < known ? (int32_t)front + 1 : NONE;
        const int32_t b0 = held > 0 ? back : first;
        const int32_t b1 = held == 0 ? second : held == 1 ? first : t.waiting[back];
        const int32_t s1 = top == NONE ? NONE : t.below[top], s2 = s1 == NONE ? NONE : t.below[s1];
        const int32_t seen[FEATURES] = {b0, b1, top, s1, s2, b0 == NONE ? NONE : t.left[b0],
                                        top == NONE ? NONE : t.left[top], top == NONE ? NONE : t.right[top]};
        const float *rows[FEATURES];
        for (int f = 0; f < FEATURES; f++)
            rows[f] = seen[f] == NONE ? network->nothing + f * sums : added + ((seen[f] - base) * FEATURES + f) * sums;
        const int64_t rest = known - front + held;
        const int begins = b0 != NONE && t.starts[b0];
        int kinds = 0;
        if (depth == 0 || (rest > 1 && !begins && !t.put_back[b0]))
            kinds |= 1 << SHIFT;
        if (depth > 0)
            kinds |= 1 << REDUCE;
        if (depth > 0 && rest > 0 && !begins)
            kinds |= 1 << LEFT | 1 << RIGHT;
        if (rest > 1 && b1 == b0 + 1 && !t.starts[b1])
            kinds |= 1 << BREAK;
        const int32_t move = best(network, rows, network->allowed + kinds * network->moves);
        const int32_t kind = network->kind[move];
        if (kind == LEFT) {
            if (t.head[top] != NONE) /* it was its last child */
                t.right[t.head[top]] = t.sibling[top];
            t.head[top] = b0;
            t.move[top] = move;
            t.left[b0] = top;
            t.put_back[b0] = 0;
        } else if (kind == RIGHT) {
            t.head[b0] = top;
            t.move[b0] = move;
            t.sibling[b0] = t.right[top];
            t.right[top] = b0;
        } else if (kind == BREAK) {
            t.starts[b1] = 1;
        }
        if (kind == SHIFT || kind == RIGHT) {
            t.below[b0] = top;
            top = b0;
            depth++;
            if (held > 0) {
                back = t.waiting[back];
                held--;
            } else {
                front++;
            }
        } else if (kind == LEFT || kind == REDUCE) {
            if (kind == REDUCE && t.head[top] == NONE && depth > 1) {
                t.put_back[top] = 1;
                t.waiting[top] = back;
                back = top;
                held++;
            }
            top = s1;
            depth--;
        }
    }
    t.left[reached] = left_of_first;
    return reached;
}

/* Parse documents, of which the tokens from the place `base` on have their rows in `added`. */
void finetooth_transitions(const Network *network, const float *added, int64_t base, int64_t documents,
                           const int64_t *begins, const int64_t *known, const int64_t *until, const uint8_t *more,
                           const Tokens *tokens, int64_t *reached) {
    for (int64_t d = 0; d < documents; d++)
        reached[d] = parse(network, added, base, begins[d], known[d], until[d], more[d], *tokens);
}

/* What the library was compiled from: a SHA-256 over its sources, in hexadecimal digits. */
const char *finetooth_source(void) { return FINETOOTH_SOURCE; }
