/* HDF5 files that are sound but for one array: what mutations of bytes seldom reach. */
#ifndef TESTS_SUPPORT_HOSTILE_H
#define TESTS_SUPPORT_HOSTILE_H

/* For every array in the HDF5 file `seed`: with one row more, and with a NaN where it holds reals;
 * where it holds integers also without it, as a column of two dimensions, and with ten numbers that
 * few writers would put in its first and its last element. Each time write the file to `path` and
 * call use(). Returns how often. */
int hostile_arrays(const char *seed, const char *path, void (*use)(void));

#endif
