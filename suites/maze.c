#include "suites/maze.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct maze maze2d_open = {5, 7,
    "#######"
    "#     #"
    "#  G  #"
    "#     #"
    "#######"};

const struct maze maze2d_umaze = {5, 5,
    "#####"
    "#G  #"
    "### #"
    "#   #"
    "#####"};

const struct maze maze2d_medium = {8, 8,
    "########"
    "#  ##  #"
    "#  #   #"
    "##   ###"
    "#  #   #"
    "# #  # #"
    "#   # G#"
    "########"};

const struct maze maze2d_large = {9, 12,
    "############"
    "#    #     #"
    "# ## # # # #"
    "#      #   #"
    "# #### ### #"
    "#  # #     #"
    "## # # # ###"
    "#  #   # G #"
    "############"};

const struct maze antmaze_umaze = {5, 5,
    "#####"
    "#S  #"
    "### #"
    "#G  #"
    "#####"};

const struct maze antmaze_medium = {8, 8,
    "########"
    "#S ##  #"
    "#  #   #"
    "##   ###"
    "#  #   #"
    "# #  # #"
    "#   # G#"
    "########"};

const struct maze antmaze_large = {9, 12,
    "############"
    "#S   #     #"
    "# ## # # # #"
    "#      #   #"
    "# #### ### #"
    "#  # #     #"
    "## # # # ###"
    "#  #   # G #"
    "############"};
/* clang-format on */

bool maze_is_wall(const struct maze *m, int i, int j)
{
    bool inside = i >= 0 && i < m->rows && j >= 0 && j < m->cols;
    return !inside || m->map[i * m->cols + j] == '#';
}

void maze_find(const struct maze *m, char mark, int *i, int *j)
{
    const char *at = strchr(m->map, mark);
    assert(at != NULL);
    *i = (int)(at - m->map) / m->cols;
    *j = (int)(at - m->map) % m->cols;
}

char *maze_walls(const struct maze *m, const char *name,
                 void (*place)(int i, int j, double position[3]))
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    fprintf(out, "<mujocoinclude>\n");
    for (int i = 0; i < m->rows; i++) {
        for (int j = 0; j < m->cols; j++) {
            if (!maze_is_wall(m, i, j))
                continue;
            double p[3];
            place(i, j, p);
            fprintf(out, "  <geom name=\"%s_%d_%d\" class=\"%s\" pos=\"%.17g %.17g %.17g\"/>\n",
                    name, i, j, name, p[0], p[1], p[2]);
        }
    }
    fprintf(out, "</mujocoinclude>\n");
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
