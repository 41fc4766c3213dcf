/* Long sums in double with a fixed order that still vectorises: SUM_LANES running sums, element i
 * going to lane i mod SUM_LANES, added pairwise at the end. */
#ifndef ENGINE_OPTIM_SUMS_H
#define ENGINE_OPTIM_SUMS_H

enum { SUM_LANES = 16 };

static inline double sum_lanes(double lane[SUM_LANES])
{
    for (int width = SUM_LANES / 2; width > 0; width /= 2) {
        for (int j = 0; j < width; j++)
            lane[j] += lane[j + width];
    }
    return lane[0];
}

#endif
