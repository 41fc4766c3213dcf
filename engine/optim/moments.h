/* State of an Adam-type optimiser: first and second moments and the number of steps.
 *
 * The vector is worked on in chunks of at most MOMENTS_CHUNK floats that never cross a tensor;
 * partial sums are kept per chunk, in double, and added in chunk order. So norms, and hence all
 * parameters, have the same bits for any number of threads. */
#ifndef ENGINE_OPTIM_MOMENTS_H
#define ENGINE_OPTIM_MOMENTS_H

#include "engine/base/visitor.h"
#include "engine/nn/params.h"

enum { MOMENTS_CHUNK = 16384 };

struct chunk {
    size_t from; /* first float in the vector */
    int n;
    int view; /* index of its tensor */
};

struct moments {
    const struct layout *layout; /* not owned; must outlive */
    float *m, *v;                /* (layout->size) */
    int64_t step;                /* steps taken */
    struct chunk *chunk;         /* (chunks) in vector order */
    int chunks;
    double (*partial)[2]; /* (chunks) scratch of a step */
};

/* Zero moments. Errors STATUS_MEMORY. */
enum status moments_init(struct moments *s, const struct layout *l);
void moments_free(struct moments *s);

/* Visits m, v and step. */
enum status moments_visit(struct moments *s, struct visitor *v);

/* Facts about a step, for logs. */
struct step_report {
    double grad_norm; /* l2 norm over all tensors, before clipping */
    double clip;      /* factor applied to the gradient */
};

/* A target network that moves with the parameters in the same pass (params_polyak, same bits). */
struct follow {
    float *target;
    float tau; /* target = tau theta + (1 - tau) target */
};

/* Update n target elements starting at `from`; a step calls this while they are in the cache. */
void follow_chunk(const struct follow *f, const float *theta, size_t from, int n);

#endif
