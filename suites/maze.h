/* Mazes as maps of characters: '#' wall, ' ' free, 'G' the goal's cell (free), 'S' the start's
 * (free; antmaze only). Source docs/environments.md 3. */
#ifndef SUITES_MAZE_H
#define SUITES_MAZE_H

#include <stdbool.h>

struct maze {
    int rows, cols;
    const char *map; /* rows x cols characters, row by row */
};

extern const struct maze maze2d_open, maze2d_umaze, maze2d_medium, maze2d_large;
extern const struct maze antmaze_umaze, antmaze_medium, antmaze_large;

/* Outside counts as wall. */
bool maze_is_wall(const struct maze *m, int i, int j);

/* Row and column of the cell marked so; it must exist. */
void maze_find(const struct maze *m, char mark, int *i, int *j);

/* An MJCF file that <include>s one box per wall, row by row, named NAME_i_j and of class NAME,
 * where `place` puts it. For free(); NULL: out of memory. */
char *maze_walls(const struct maze *m, const char *name,
                 void (*place)(int i, int j, double position[3]));

#endif
