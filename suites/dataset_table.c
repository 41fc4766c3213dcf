#include "suites/dataset_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char dataset_server[] = "http://rail.eecs.berkeley.edu/datasets/offline_rl/";

/* clang-format off */
const struct dataset_entry dataset_table[] = {
    /* id, environment, quality, folder and file on the server,
     * rows of the file, transitions, mean and std of the paper's tables 4-7, score range */
    /* gym-mujoco, -v2 */
    {"hopper-medium-v2", "hopper", "medium", "gym_mujoco_v2", "hopper_medium-v2.hdf5",
     999906, 999906, 44.32, 12.27, {-20.272305, 3234.3}},
    {"hopper-medium-replay-v2", "hopper", "medium-replay", "gym_mujoco_v2", "hopper_medium_replay-v2.hdf5",
     402000, 402000, 14.98, 16.32, {-20.272305, 3234.3}},
    {"hopper-random-v2", "hopper", "random", "gym_mujoco_v2", "hopper_random-v2.hdf5",
     0, 999996, 1.19, 1.16, {-20.272305, 3234.3}},
    {"halfcheetah-medium-v2", "halfcheetah", "medium", "gym_mujoco_v2", "halfcheetah_medium-v2.hdf5",
     1000000, 1000000, 40.68, 5.12, {-280.178953, 12135.0}},
    {"halfcheetah-medium-replay-v2", "halfcheetah", "medium-replay", "gym_mujoco_v2", "halfcheetah_medium_replay-v2.hdf5",
     202000, 202000, 27.17, 15.79, {-280.178953, 12135.0}},
    {"halfcheetah-random-v2", "halfcheetah", "random", "gym_mujoco_v2", "halfcheetah_random-v2.hdf5",
     1000000, 1000000, 0.07, 2.90, {-280.178953, 12135.0}},
    {"walker2d-medium-v2", "walker2d", "medium", "gym_mujoco_v2", "walker2d_medium-v2.hdf5",
     0, 999995, 62.09, 23.83, {1.629008, 4592.3}},
    {"walker2d-medium-replay-v2", "walker2d", "medium-replay", "gym_mujoco_v2", "walker2d_medium_replay-v2.hdf5",
     0, 302000, 14.84, 19.48, {1.629008, 4592.3}},
    {"walker2d-random-v2", "walker2d", "random", "gym_mujoco_v2", "walker2d_random-v2.hdf5",
     0, 999997, 0.01, 0.09, {1.629008, 4592.3}},
    {"ant-medium-v2", "ant", "medium", "gym_mujoco_v2", "ant_medium-v2.hdf5",
     0, 999946, 80.30, 35.82, {-325.6, 3879.7}},
    {"ant-medium-replay-v2", "ant", "medium-replay", "gym_mujoco_v2", "ant_medium_replay-v2.hdf5",
     0, 302000, 30.95, 31.66, {-325.6, 3879.7}},
    {"ant-random-v2", "ant", "random", "gym_mujoco_v2", "ant_random-v2.hdf5",
     0, 999930, 6.36, 10.07, {-325.6, 3879.7}},
    /* Adroit, -v1 */
    {"pen-expert-v1", "pen", "expert", "hand_dapg_v1", "pen-expert-v1.hdf5",
     0, 499106, 107.40, 55.65, {96.262799, 3076.8331017826877}},
    {"pen-cloned-v1", "pen", "cloned", "hand_dapg_v1", "pen-cloned-v1.hdf5",
     0, 499886, 108.63, 122.43, {96.262799, 3076.8331017826877}},
    {"pen-human-v1", "pen", "human", "hand_dapg_v1", "pen-human-v1.hdf5",
     5000, 4800, 202.69, 154.48, {96.262799, 3076.8331017826877}},
    {"hammer-expert-v1", "hammer", "expert", "hand_dapg_v1", "hammer-expert-v1.hdf5",
     0, 999800, 96.95, 50.65, {-274.856578, 12794.134825156867}},
    {"hammer-cloned-v1", "hammer", "cloned", "hand_dapg_v1", "hammer-cloned-v1.hdf5",
     0, 999872, 8.11, 23.35, {-274.856578, 12794.134825156867}},
    {"hammer-human-v1", "hammer", "human", "hand_dapg_v1", "hammer-human-v1.hdf5",
     11310, 10948, 23.80, 33.36, {-274.856578, 12794.134825156867}},
    {"door-expert-v1", "door", "expert", "hand_dapg_v1", "door-expert-v1.hdf5",
     0, 999800, 101.19, 16.31, {-56.512833, 2880.5693087298737}},
    {"door-cloned-v1", "door", "cloned", "hand_dapg_v1", "door-cloned-v1.hdf5",
     0, 999939, 12.29, 18.35, {-56.512833, 2880.5693087298737}},
    {"door-human-v1", "door", "human", "hand_dapg_v1", "door-human-v1.hdf5",
     6729, 6504, 28.35, 13.88, {-56.512833, 2880.5693087298737}},
    {"relocate-expert-v1", "relocate", "expert", "hand_dapg_v1", "relocate-expert-v1.hdf5",
     0, 999800, 102.25, 19.83, {-6.425911, 4233.877797728884}},
    {"relocate-cloned-v1", "relocate", "cloned", "hand_dapg_v1", "relocate-cloned-v1.hdf5",
     0, 999724, 28.99, 42.88, {-6.425911, 4233.877797728884}},
    {"relocate-human-v1", "relocate", "human", "hand_dapg_v1", "relocate-human-v1.hdf5",
     9942, 9614, 87.22, 21.28, {-6.425911, 4233.877797728884}},
    /* AntMaze, -v2 */
    {"antmaze-umaze-v2", "antmaze-umaze", "fixed", "ant_maze_v2", "Ant_maze_u-maze_noisy_multistart_False_multigoal_False_sparse_fixed.hdf5",
     1000000, 998573, 86.14, 34.55, {0.0, 1.0}},
    {"antmaze-umaze-diverse-v2", "antmaze-umaze", "diverse", "ant_maze_v2", "Ant_maze_u-maze_noisy_multistart_True_multigoal_True_sparse_fixed.hdf5",
     1000000, 999000, 3.48, 18.32, {0.0, 1.0}},
    {"antmaze-medium-play-v2", "antmaze-medium", "play", "ant_maze_v2", "Ant_maze_big-maze_noisy_multistart_True_multigoal_False_sparse_fixed.hdf5",
     1000000, 999000, 90.85, 28.83, {0.0, 1.0}},
    {"antmaze-medium-diverse-v2", "antmaze-medium", "diverse", "ant_maze_v2", "Ant_maze_big-maze_noisy_multistart_True_multigoal_True_sparse_fixed.hdf5",
     1000000, 999000, 66.29, 47.27, {0.0, 1.0}},
    {"antmaze-large-play-v2", "antmaze-large", "play", "ant_maze_v2", "Ant_maze_hardest-maze_noisy_multistart_True_multigoal_False_sparse_fixed.hdf5",
     1000000, 999000, 92.73, 25.97, {0.0, 1.0}},
    {"antmaze-large-diverse-v2", "antmaze-large", "diverse", "ant_maze_v2", "Ant_maze_hardest-maze_noisy_multistart_True_multigoal_True_sparse_fixed.hdf5",
     1000000, 999000, 86.17, 34.52, {0.0, 1.0}},
    /* Maze2D */
    {"maze2d-open-v0", "maze2d-open", "sparse", "maze2d", "maze2d-open-sparse.hdf5",
     1000000, 999999, 30.08, 50.17, {0.01, 20.66}},
    {"maze2d-umaze-v1", "maze2d-umaze", "sparse", "maze2d", "maze2d-umaze-sparse-v1.hdf5",
     1000000, 999869, -12.55, 9.82, {23.85, 161.86}},
    {"maze2d-medium-v1", "maze2d-medium", "sparse", "maze2d", "maze2d-medium-sparse-v1.hdf5",
     2000000, 1999733, -3.46, 3.95, {13.13, 277.39}},
    {"maze2d-large-v1", "maze2d-large", "sparse", "maze2d", "maze2d-large-sparse-v1.hdf5",
     4000000, 3999692, -1.71, 2.87, {6.7, 273.99}},
};
/* clang-format on */

const int dataset_count = (int)(sizeof dataset_table / sizeof *dataset_table);

/* The part of a path after the last slash. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static bool is_file_of(const char *name, const char *stem)
{
    size_t n = strlen(stem);
    return strncmp(name, stem, n) == 0 && (name[n] == '\0' || strcmp(name + n, ".hdf5") == 0);
}

const struct dataset_entry *dataset_find(const char *name)
{
    const char *bare = base_name(name);
    for (int i = 0; i < dataset_count; i++) {
        const struct dataset_entry *e = &dataset_table[i];
        if (strcmp(bare, e->file) == 0 || is_file_of(bare, e->id))
            return e;
    }
    return NULL;
}

const char *dataset_folder(const char *folder)
{
    if (folder != NULL)
        return folder;
    const char *set = getenv("VITAMIN_DATA");
    return set != NULL && *set != '\0' ? set : "data";
}

/* folder/ID.hdf5, folder/ID (a Minari folder), folder/D4RL's name: whichever is there first. */
static enum status look_in(const char *folder, const char *name, const struct dataset_entry *entry,
                           char path[FILE_PATH], bool *there)
{
    const char *file[] = {name, name, entry != NULL ? entry->file : name};
    const char *ending[] = {".hdf5", "", ""};
    *there = false;
    for (int i = 0; i < 3 && !*there; i++) {
        if (file_path(path, "%s/%s%s", folder, file[i], ending[i]) == STATUS_OK)
            TRY(file_look(path, there));
    }
    return STATUS_OK;
}

/* The folders of dataset_locate, in order. */
static enum status look_around(const char *folder, const char *name,
                               const struct dataset_entry *entry, char path[FILE_PATH], bool *there)
{
    TRY(look_in(dataset_folder(folder), name, entry, path, there));
    const char *d4rl = getenv("D4RL_DATASET_DIR"), *home = getenv("HOME");
    if (folder != NULL)
        return STATUS_OK;
    if (!*there && d4rl != NULL)
        TRY(look_in(d4rl, name, entry, path, there));
    char cache[FILE_PATH];
    if (!*there && home != NULL && file_path(cache, "%s/.d4rl/datasets", home) == STATUS_OK)
        TRY(look_in(cache, name, entry, path, there));
    return STATUS_OK;
}

enum status dataset_locate(const char *name, const char *folder, char path[FILE_PATH])
{
    const struct dataset_entry *entry = dataset_find(name);
    bool bare = *name != '\0' && strchr(name, '/') == NULL;
    bool there = false;
    if (bare)
        TRY(look_around(folder, name, entry, path, &there));
    if (there)
        return STATUS_OK;
    if (*name != '\0')
        TRY(file_look(name, &there));
    if (there)
        return file_path(path, "%s", name);
    if (entry != NULL && bare)
        return status_fail(STATUS_MISSING,
                           "%s: there is no such dataset in '%s'; get D4RL's file with `vitamin "
                           "data fetch %s`, or make a stand-in with `vitamin data generate %s "
                           "--policy random`",
                           name, dataset_folder(folder), entry->id, entry->id);
    return status_fail(STATUS_MISSING,
                       "%.200s: there is no such file, nor a dataset of that name in '%s'; "
                       "`vitamin data list` shows the names",
                       name, dataset_folder(folder));
}
