/* The convolutions of spaCy's encoder: what finetooth.detectors.token_vectors does with the words of texts, in C.
 *
 * A layer adds to the vector of each word what its units give for it and its two neighbours: each unit the greatest of
 * three weighted sums, all normed to mean 0 and variance 1. The sums of sixteen units (or eight) for eight words (or
 * four) stay in registers until the greatest is known, and a chunk of words stays in the cache through all layers. That
 * needs AVX-512 or AVX2; other processors are left to NumPy.
 */

#include <stdint.h>

#define PIECES 3
#define GROUP 16  /* units whose weights lie together: for each input, those of their first pieces, second, third */
#define CHUNK 256 /* words */
#define EDGE 16   /* rows of a buffer before and after a chunk: some are seen, and the last block may run over */

typedef struct {
    const float *weights; /* groups x inputs x pieces x GROUP; unused in the first layer */
    const float *bias;    /* groups x pieces x GROUP; unused in the first layer */
    const float *gain;    /* units */
    const float *shift;   /* units */
} Layer;

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define CONCAT_(a, b) a##b
#define CONCAT(a, b) CONCAT_(a, b)
#define NAME(name) CONCAT(name, SUFFIX)

#define SUFFIX _avx512
#define TARGET __attribute__((target("avx512f")))
#define VECTOR __m512
#define LANES 16
#define WORDS 8
#define LOAD _mm512_loadu_ps
#define STORE _mm512_storeu_ps
#define SPREAD _mm512_set1_ps
#define ADD _mm512_add_ps
#define SUB _mm512_sub_ps
#define MUL _mm512_mul_ps
#define MAX _mm512_max_ps
#define FMA _mm512_fmadd_ps
TARGET static inline float NAME(total)(__m512 v) { return _mm512_reduce_add_ps(v); }
#include "_convolutions.h"

#define SUFFIX _avx2
#define TARGET __attribute__((target("avx2,fma")))
#define VECTOR __m256
#define LANES 8
#define WORDS 4
#define LOAD _mm256_loadu_ps
#define STORE _mm256_storeu_ps
#define SPREAD _mm256_set1_ps
#define ADD _mm256_add_ps
#define SUB _mm256_sub_ps
#define MUL _mm256_mul_ps
#define MAX _mm256_max_ps
#define FMA _mm256_fmadd_ps
TARGET static inline float NAME(total)(__m256 v) {
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}
#include "_convolutions.h"

/* Convolve words that are told by their rows in tables; 0 stands for none, and is what is around them all.
 *
 *   rows     of each word, as many as words
 *   words    table: rows x units, what goes into the first layer
 *   places   three tables: rows x (pieces x units), what a word adds to the first layer's sums before, at, after a word
 *   size     rows of such a table
 *   room     2 x (CHUNK + 2 EDGE) x units, and 8 x units
 *   out      words x units
 *   lanes    numbers in a vector, at most: 16 for AVX-512 where there is that, 8 for AVX2
 *
 * Returns 0, or 1 where the processor knows neither AVX-512 nor AVX2.
 */
int finetooth_convolutions(const int64_t *rows, int64_t count, const float *words, const float *places, int64_t size,
                           const Layer *layers, int64_t depth, int64_t units, float *room, float *out, int64_t lanes) {
    __builtin_cpu_init();
    if (lanes >= 16 && __builtin_cpu_supports("avx512f"))
        convolutions_avx512(rows, count, words, places, size, layers, depth, units, room, out);
    else if (lanes >= 8 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        convolutions_avx2(rows, count, words, places, size, layers, depth, units, room, out);
    else
        return 1;
    return 0;
}
#else
int finetooth_convolutions(const int64_t *rows, int64_t count, const float *words, const float *places, int64_t size,
                           const Layer *layers, int64_t depth, int64_t units, float *room, float *out, int64_t lanes) {
    (void)rows, (void)count, (void)words, (void)places, (void)size, (void)layers, (void)depth, (void)units, (void)room,
        (void)out, (void)lanes;
    return 1;
}
#endif
