/* Loading a dataset of 1M transitions against a bare H5Dread of the same arrays of the same file.
 *
 * Hopper's sizes, random numbers, three ways of storing: contiguous, gzip in chunks of whole rows,
 * gzip in chunks that split the columns as h5py does. Both sides begin with nothing allocated; they
 * take turns, the median of the ratios counts. Memory is the peak of a child process that does
 * nothing else, against the float32 arrays that must be there.
 *
 * `bench_dataset ROWS` takes another number of rows. */
#include "engine/base/h5.h"
#include "engine/base/rng.h"
#include "engine/base/threads.h"
#include "suites/dataset.h"
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { S = 11, A = 3, ROUNDS = 7, FIELDS = 6 };

static const struct {
    const char *name;
    int cols; /* 0: a flag */
} field[FIELDS] = {{"observations", S}, {"actions", A},  {"rewards", 1},
                   {"terminals", 0},    {"timeouts", 0}, {"next_observations", S}};

static double seconds(void)
{
    return bench_seconds(CLOCK_MONOTONIC);
}

static void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_dataset: %s\n", what);
    exit(1);
}

/* --- files ---------------------------------------------------------------------------------------
 */

enum style { CONTIGUOUS, GZIP_ROWS, GZIP_COLUMNS };
static const char *const style_name[] = {"contiguous", "gzip, whole rows", "gzip, split columns"};

static void write_field(hid_t file, int i, hsize_t rows, enum style style, hid_t flag,
                        const float *numbers, const uint8_t *flags)
{
    hsize_t cols = field[i].cols > 0 ? (hsize_t)field[i].cols : 1, dims[2] = {rows, cols};
    hsize_t chunk[2] = {(style == GZIP_ROWS ? 16384 : 31250) / cols, cols};
    if (style == GZIP_COLUMNS)
        chunk[1] = (cols + 7) / 8;
    if (chunk[0] > rows)
        chunk[0] = rows;
    int rank = cols > 1 ? 2 : 1;
    hid_t space = H5Screate_simple(rank, dims, NULL), list = H5Pcreate(H5P_DATASET_CREATE);
    if (style != CONTIGUOUS) {
        H5Pset_chunk(list, rank, chunk);
        H5Pset_deflate(list, 4);
    }
    bool real = field[i].cols > 0;
    hid_t set = H5Dcreate2(file, field[i].name, real ? H5T_IEEE_F32LE : flag, space, H5P_DEFAULT,
                           list, H5P_DEFAULT);
    need(set >= 0 && H5Dwrite(set, real ? H5T_NATIVE_FLOAT : flag, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                              real ? (const void *)numbers : flags) >= 0,
         "cannot write the file");
    H5Dclose(set);
    H5Pclose(list);
    H5Sclose(space);
}

static void write_file(const char *path, int64_t rows, enum style style)
{
    float *numbers = malloc((size_t)rows * S * sizeof *numbers);
    uint8_t *none = calloc((size_t)rows, 1), *ends = calloc((size_t)rows, 1);
    need(numbers != NULL && none != NULL && ends != NULL, "no memory");
    struct rng r = rng_at(1, RNG_TEST, 0);
    rng_fill_uniform(&r, 0, numbers, (size_t)rows * S);
    for (int64_t i = 499; i < rows; i += 500)
        ends[i] = 1;
    hid_t flag = h5_bool_type(), file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    need(file >= 0, "cannot create the file");
    for (int i = 0; i < FIELDS; i++)
        write_field(file, i, (hsize_t)rows, style, flag, numbers, i == 3 ? ends : none);
    H5Tclose(flag);
    need(H5Fclose(file) >= 0, "cannot close the file");
    free(numbers);
    free(none);
    free(ends);
}

/* --- the two sides -------------------------------------------------------------------------------
 */

/* Every array that the loader uses, as the loader wants it; no check of anything. */
static double bare_read(const char *path, int64_t rows)
{
    double start = seconds();
    void *array[FIELDS];
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    for (int i = 0; i < FIELDS; i++) {
        size_t bytes = field[i].cols > 0 ? (size_t)field[i].cols * sizeof(float) : 1;
        array[i] = malloc((size_t)rows * bytes);
        hid_t set = H5Dopen2(file, field[i].name, H5P_DEFAULT);
        need(array[i] != NULL &&
                 H5Dread(set, field[i].cols > 0 ? H5T_NATIVE_FLOAT : H5T_NATIVE_UCHAR, H5S_ALL,
                         H5S_ALL, H5P_DEFAULT, array[i]) >= 0,
             "cannot read the file");
        H5Dclose(set);
    }
    H5Fclose(file);
    double spent = seconds() - start;
    for (int i = 0; i < FIELDS; i++)
        free(array[i]);
    return spent;
}

static double load(const char *path, double *checksum)
{
    struct dataset d;
    struct dataset_options o = dataset_defaults();
    o.env = "hopper";
    double start = seconds();
    need(dataset_load(path, &o, &d) == STATUS_OK, status_sentence());
    double spent = seconds() - start;
    *checksum = 0;
    for (int i = 0; i < d.count; i++)
        *checksum += d.list[i].raw_return + (double)d.list[i].next_state[S];
    dataset_free(&d);
    return spent;
}

/* Peak memory of a process that only loads, beyond one that does nothing, in MiB. */
static double peak_memory(const char *path)
{
    long peak[2];
    for (int k = 0; k < 2; k++) {
        pid_t child = fork();
        if (child == 0) {
            threads_set(1); /* the parent's threads are not here */
            double ignored;
            if (k == 1)
                load(path, &ignored);
            _exit(0);
        }
        struct rusage use;
        int end;
        need(child > 0 && wait4(child, &end, 0, &use) == child && end == 0, "a child failed");
        peak[k] = use.ru_maxrss;
    }
    return (double)(peak[1] - peak[0]) / 1024;
}

static void measure(const char *path, int64_t rows, enum style style)
{
    write_file(path, rows, style);
    double bare[ROUNDS], ours[ROUNDS], ratio[ROUNDS], checksum = 0;
    bare_read(path, rows); /* into the page cache */
    for (int k = 0; k < ROUNDS; k++) {
        bare[k] = bare_read(path, rows);
        ours[k] = load(path, &checksum);
        ratio[k] = ours[k] / bare[k];
    }
    sort_doubles(bare, ROUNDS);
    sort_doubles(ours, ROUNDS);
    sort_doubles(ratio, ROUNDS);
    double arrays = (double)rows * ((2 * S + A + 2) * sizeof(float) + 2) / 1048576;
    printf("  %-20s  %8.1f  %8.1f   %5.2f (%.2f-%.2f)  %7.1f  %7.1f   %.9g\n", style_name[style],
           1000 * bare[ROUNDS / 2], 1000 * ours[ROUNDS / 2], ratio[ROUNDS / 2], ratio[0],
           ratio[ROUNDS - 1], arrays, peak_memory(path), checksum);
    unlink(path);
}

int main(int argc, char **argv)
{
    int64_t rows = argc > 1 ? atoll(argv[1]) : 1000000;
    need(rows >= 1000, "at least 1000 rows");
    char folder[] = "/tmp/vitamin-bench-XXXXXX", path[64];
    need(mkdtemp(folder) != NULL, "no folder");
    snprintf(path, sizeof path, "%s/hopper.hdf5", folder);
    threads_set(0);
    printf("loading %lld transitions (hopper), %d threads, median of %d\n", (long long)rows,
           threads_count(), ROUNDS);
    printf("  %-20s  %8s  %8s   %-17s  %7s  %7s   %s\n", "stored", "bare ms", "load ms", "ratio",
           "MiB", "peak", "checksum");
    for (int style = 0; style < 3; style++)
        measure(path, rows, (enum style)style);
    rmdir(folder);
    return 0;
}
